// Draws docs/images/*.svg: the detector run over series made up here, its band, its score and its episodes.
//
//   node scripts/pictures.mjs
//
// The series come from a seed, so the pictures change only where the detector does.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const START = Date.UTC(2026, 0, 5);
const STEP = 300_000;
const DAY = 288;
const WIDTH = 860;
const HEIGHT = 260;
const SCORE_HEIGHT = 60;

const root = fileURLToPath(new URL('..', import.meta.url));
const outfile = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'pictures-')), 'bundle.mjs');
const entryPoints = [path.join(root, 'src/detect/anomaly-detector.ts')];
await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node' });
const { AnomalyDetector } = await import(pathToFileURL(outfile).href);

const noise = normal(5);
const wave = (i) => 50 - 25 * Math.cos((2 * Math.PI * i) / DAY);

draw('detection-day', 'A metric with a habit: a spike, and a quiet hour at noon', {
  count: 23 * DAY,
  from: 20 * DAY,
  value: (i) =>
    wave(i) + 2 * noise() + (i === 20 * DAY + 200 ? 60 : 0) - (i >= 21 * DAY + 140 && i < 21 * DAY + 158 ? 45 : 0),
});
draw('detection-shift', 'A level shift is one episode, and the new normal after an hour or two', {
  count: 3 * DAY,
  from: 2 * DAY,
  value: (i) => (i < 2.4 * DAY ? 50 : 62) + 2 * noise(),
});
draw('detection-job', 'A nightly job: strange in the first nights, known from then on', {
  count: 7 * DAY,
  from: 0,
  value: (i) => 20 + 2 * noise() + (i % DAY >= 24 && i % DAY < 36 ? 50 : 0),
});

function draw(name, title, { count, from, value }) {
  const detector = new AnomalyDetector();
  const rows = Array.from({ length: count }, (_, i) => {
    const v = value(i);
    return { v, ...detector.observe({ serviceId: 's', metricName: 'm', timestamp: START + i * STEP, value: v }) };
  });
  const shown = rows.slice(from);
  const values = shown.flatMap(({ v, lower = v, upper = v }) => [v, lower, upper]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (i) => ((WIDTH * i) / (shown.length - 1)).toFixed(1);
  const y = (v) => (HEIGHT - 10 - ((HEIGHT - 40) * (v - low)) / (high - low)).toFixed(1);
  const ready = shown.map((row, i) => ({ ...row, i })).filter((row) => row.ready);
  const band = [
    ...ready.map((r) => `${x(r.i)},${y(r.upper)}`),
    ...ready.reverse().map((r) => `${x(r.i)},${y(r.lower)}`),
  ];
  const line = shown.map(({ v }, i) => `${x(i)},${y(v)}`).join(' ');
  const base = HEIGHT + SCORE_HEIGHT;
  const score = shown.map((r, i) => `${x(i)},${(base - SCORE_HEIGHT * r.score).toFixed(1)}`).join(' ');
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${base + 24}" font-family="sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="4" y="16" fill="#333">${title}</text>`,
    ...episodes(shown).map(
      ([a, b, kind]) =>
        `<rect x="${x(a)}" y="24" width="${Math.max(2, x(b) - x(a))}" height="${HEIGHT - 24}" fill="#d33" opacity=".18"/>` +
        `<text x="${Math.min(WIDTH - 60, Number(x(a)) + 2)}" y="36" fill="#a11">${kind}</text>`,
    ),
    `<polygon points="${band.join(' ')}" fill="#47c" opacity=".22"/>`,
    `<polyline points="${line}" fill="none" stroke="#235" stroke-width="1"/>`,
    `<line x1="0" x2="${WIDTH}" y1="${base - SCORE_HEIGHT / 2}" y2="${base - SCORE_HEIGHT / 2}" stroke="#bbb" stroke-dasharray="3"/>`,
    `<polyline points="${score}" fill="none" stroke="#b60" stroke-width="1"/>`,
    `<text x="4" y="${base + 16}" fill="#666">blue: band; red: episodes; below: score, the dashed line is one half</text>`,
    '</svg>',
    '',
  ];
  fs.mkdirSync(path.join(root, 'docs/images'), { recursive: true });
  fs.writeFileSync(path.join(root, `docs/images/${name}.svg`), svg.join('\n'));
}

/** First and last sample of each episode of medium or higher, and what it was called in the end. */
function episodes(rows) {
  const found = new Map();
  rows.forEach(({ anomaly }, i) => {
    if (anomaly === undefined || anomaly.severity === 'low') return;
    found.set(anomaly.id, [found.get(anomaly.id)?.[0] ?? i, i, anomaly.kind]);
  });
  return [...found.values()];
}

/** Standard normal numbers from a seed (xorshift32, Box & Muller). */
function normal(seed) {
  let state = (seed * 2_654_435_761) >>> 0;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return (state - 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
