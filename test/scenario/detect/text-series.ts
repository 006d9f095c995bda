import { normal, times } from '../../unit/detect/series.ts';

/** A series written as text: its values, `undefined` where a sample is missing, and where the part begins that is judged. */
export interface TextSeries {
  readonly values: readonly (number | undefined)[];
  readonly judgedFrom: number;
}

/**
 * Reads a series: `50` is a sample, `50x600` six hundred, `50~1x600` with normal noise of that deviation, `50..90x40` a
 * climb, `_x30` thirty that are missing, `(…)x7` a part seven times over; what comes after `|` is judged.
 */
export function textSeries(text: string, seed = 11): TextSeries {
  const noise = normal(seed);
  const values: (number | undefined)[] = [];
  let judgedFrom = 0;
  for (const token of tokens(text)) {
    if (token === '|') judgedFrom = values.length;
    else values.push(...samples(token, noise));
  }
  return { values, judgedFrom };
}

/** Sample tokens in a row, groups written out. */
function tokens(text: string): string[] {
  // Innermost groups first.
  const group = /\(([^()]*)\)x(\d+)/;
  let flat = text;
  for (let found = group.exec(flat); found !== null; found = group.exec(flat)) {
    flat = flat.replace(found[0], times(Number(found[2]), () => found?.[1] ?? '').join(' '));
  }
  return flat.split(' ').filter((token) => token !== '');
}

function samples(token: string, noise: () => number): (number | undefined)[] {
  const found = /^(?:(_)|(-?[\d.]+?)(?:\.\.(-?[\d.]+))?(?:~([\d.]+))?)(?:x(\d+))?$/.exec(token);
  if (found === null) throw new Error(`no sample: ${token}`);
  const [, missing, from, to = from, deviation = '0', count = '1'] = found;
  return times(Number(count), (i) => {
    if (missing !== undefined) return undefined;
    const climbed = (Number(to) - Number(from)) * (i / Math.max(1, Number(count) - 1));
    return Number(from) + climbed + (deviation === '0' ? 0 : Number(deviation) * noise());
  });
}
