// Draws docs/images/*.svg: the detector run over series made up here, its band, its score and its episodes.
//
//   node scripts/detection-pictures.mjs
//
// The series come from a seed, so the pictures change only where the detector does.
import { normal, source, vertical, WIDTH, write } from './drawing.mjs';

const START = Date.UTC(2026, 0, 5);
const STEP = 300_000;
const DAY = 288;
const HEIGHT = 260;
const SCORE_HEIGHT = 60;

const { AnomalyDetector } = await source('detect/anomaly-detector.ts');

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
  const x = (i) => ((WIDTH * i) / (shown.length - 1)).toFixed(1);
  const y = vertical(values, HEIGHT - 10, 30);
  const ready = shown.map((row, i) => ({ ...row, i })).filter((row) => row.ready);
  const band = [
    ...ready.map((r) => `${x(r.i)},${y(r.upper)}`),
    ...ready.reverse().map((r) => `${x(r.i)},${y(r.lower)}`),
  ];
  const line = shown.map(({ v }, i) => `${x(i)},${y(v)}`).join(' ');
  const base = HEIGHT + SCORE_HEIGHT;
  const score = shown.map((r, i) => `${x(i)},${(base - SCORE_HEIGHT * r.score).toFixed(1)}`).join(' ');
  const legend = 'blue: band; red: episodes; below: score, the dashed line is one half';
  write({ name, title, legend, height: base + 24 }, [
    ...episodes(shown).map(
      ([a, b, kind]) =>
        `<rect x="${x(a)}" y="24" width="${Math.max(2, x(b) - x(a))}" height="${HEIGHT - 24}" fill="#d33" opacity=".18"/>` +
        `<text x="${Math.min(WIDTH - 60, Number(x(a)) + 2)}" y="36" fill="#a11">${kind}</text>`,
    ),
    `<polygon points="${band.join(' ')}" fill="#47c" opacity=".22"/>`,
    `<polyline points="${line}" fill="none" stroke="#235" stroke-width="1"/>`,
    `<line x1="0" x2="${WIDTH}" y1="${base - SCORE_HEIGHT / 2}" y2="${base - SCORE_HEIGHT / 2}" stroke="#bbb" stroke-dasharray="3"/>`,
    `<polyline points="${score}" fill="none" stroke="#b60" stroke-width="1"/>`,
  ]);
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
