import { styleText } from 'node:util';

/** Widest line that is printed, characters: fits half a screen, and every mail and issue. */
export const LINE_WIDTH = 100;

type Format = Parameters<typeof styleText>[0];

/** Adds colour to a text, or leaves it as it is. */
export type Paint = (format: Format, text: string) => string;

/** Where text goes: a terminal, a pipe, or what a test looks at. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  hasColors?(): boolean;
  write(text: string): unknown;
}

/** Colour for a terminal that has it (`NO_COLOR` and `TERM=dumb` have not); elsewhere text stays plain. */
export function paintFor(output: Output): Paint {
  if (output.isTTY !== true || output.hasColors?.() !== true) return (_, text) => text;
  // Whether the output has colour is known already, and it need not be the process's own.
  return (format, text) => styleText(format, text, { validateStream: false });
}

/** Up to four significant digits; `–` for what is missing. */
export function numberText(value: number | undefined, unit = ''): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 1e4 && size < 1e15 ? String(Math.round(value)) : String(Number(value.toPrecision(4)));
  return `${digits}${unit}`;
}

/** A ratio as percent with at most one decimal: 0.0215 is `2.2 %`. */
export function percentText(ratio: number | undefined): string {
  return ratio === undefined ? '–' : `${Number((ratio * 100).toFixed(1))} %`;
}

/** `2014-04-11 09:05:00`, in UTC. */
export function instantText(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(0, 19).replace('T', ' ');
}

/** `09:05:00`, in UTC. */
export function timeText(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(11, 19);
}

/** A duration with its largest unit: `250 ms`, `4.1 s`, `3.5 h`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  for (const [unit, width] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const) {
    if (ms >= width) return `${Number((ms / width).toFixed(1))} ${unit}`;
  }
  return `${Number((ms / 1000).toFixed(1))} s`;
}

/** `512 B`, `1.4 MB`. */
export function bytesText(bytes: number): string {
  for (const [unit, width] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (bytes >= width) return `${Number((bytes / width).toFixed(1))} ${unit}`;
  }
  return `${bytes} B`;
}

/** `1 row`, `2 rows`. */
export function countText(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Breaks a text at spaces; lines after the first are indented by `indent` characters, which the first has used already. */
export function wrap(text: string, indent: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) as string;
    if (line === '') lines[lines.length - 1] = word;
    else if (indent + line.length + 1 + word.length <= LINE_WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** A column of a table: its title, and whether it holds numbers, which are aligned to the right. */
export type Column = string | { readonly number: string };

/** Rows under their titles, aligned, two spaces in; a table that is too wide loses the end of its widest text column. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map((column) => (typeof column === 'string' ? column : column.number));
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const excess = widths.reduce((sum, width) => sum + width + 2, 0) - LINE_WIDTH;
  if (excess > 0) {
    const texts = columns.flatMap((column, i) => (typeof column === 'string' ? [i] : []));
    const widest = texts.reduce((best, i) => ((widths[i] as number) > (widths[best] as number) ? i : best), 0);
    widths[widest] = Math.max(8, (widths[widest] as number) - excess);
  }
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) => {
        const width = widths[i] as number;
        const cell = shorten(cells[i] ?? '', width);
        return `  ${typeof column === 'string' ? cell.padEnd(width) : cell.padStart(width)}`;
      })
      .join('')
      .trimEnd();
  return [titles, ...rows].map(line).join('\n');
}

/** The start of a text that is longer than `width` characters. */
export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
