// Draws docs/images/forecast-*.svg: the predictor run over series made up here, its forecasts and their bands.
//
//   node scripts/forecast-pictures.mjs
//
// The series come from a seed, so the pictures change only where the predictor does.
import { normal, source, vertical, WIDTH, write } from './drawing.mjs';

const START = Date.UTC(2026, 0, 5);
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const HEIGHT = 280;

const { Predictor } = await source('predict/predictor.ts');

const noise = normal(7);
const wave = (t) => 120 - 70 * Math.cos((2 * Math.PI * t) / DAY);

ahead('forecast-day', 'Requests a second: the forecast an hour ahead, made all through the first day and the fifth', {
  stepMs: MINUTE,
  days: 5,
  shown: [
    [0, 1],
    [4, 5],
  ],
  value: (t) => Math.max(0, wave(t) + (8 + 0.06 * wave(t)) * noise()),
});
ahead('forecast-shift', 'A level shift: the forecast 15 minutes ahead follows, the band widens and narrows again', {
  stepMs: MINUTE,
  days: 2,
  horizon: '15m',
  shown: [[1.35, 1.65]],
  value: (t) => (t < 1.5 * DAY ? 60 : 110) + 4 * noise(),
});
threshold('forecast-disk', 'A disk that is cleared every night and leaks: when does it pass 90 %?', {
  stepMs: 5 * MINUTE,
  days: 9,
  until: 19,
  limit: 90,
  value: (t) => 25 + 26 * ((t % DAY) / DAY) + 2.6 * Math.floor(t / DAY) + 0.4 * noise(),
});

/** A series, and what was forecast for each moment one horizon before it. */
function ahead(name, title, { stepMs, days, shown, value, horizon = '1h' }) {
  const predictor = new Predictor();
  const told = new Map();
  const rows = [];
  for (let t = 0; t < days * DAY; t += stepMs) {
    const v = value(t);
    predictor.observe({ serviceId: 's', metricName: 'request_rate', timestamp: START + t, value: v });
    const forecast = predictor.forecast('s', 'request_rate', { horizon });
    if (forecast !== undefined) told.set(forecast.targetTime - START, forecast);
    rows.push({ t, v });
  }
  const width = WIDTH / shown.length - 10;
  const parts = shown.map(([from, to], k) => {
    const some = rows.filter(({ t }) => t >= from * DAY && t < to * DAY);
    const x = (t) => (k * (width + 20) + (width * (t - from * DAY)) / ((to - from) * DAY)).toFixed(1);
    return { some, x, from, to };
  });
  const values = parts.flatMap(({ some }) =>
    some.flatMap(({ t, v }) => [v, told.get(t)?.lower ?? v, told.get(t)?.upper ?? v]),
  );
  const y = vertical(values, HEIGHT - 4, 28);
  const drawn = parts.flatMap(({ some, x, from, to }) => {
    const known = some.filter(({ t }) => told.has(t));
    const upper = known.map(({ t }) => `${x(t)},${y(told.get(t).upper)}`);
    const lower = known.map(({ t }) => `${x(t)},${y(told.get(t).lower)}`).reverse();
    return [
      `<polygon points="${[...upper, ...lower].join(' ')}" fill="#47c" opacity=".22"/>`,
      `<polyline points="${some.map(({ t, v }) => `${x(t)},${y(v)}`).join(' ')}" fill="none" stroke="#999" stroke-width=".7"/>`,
      `<polyline points="${known.map(({ t }) => `${x(t)},${y(told.get(t).mean)}`).join(' ')}" fill="none" stroke="#14a" stroke-width="1.4"/>`,
      `<text x="${x(from * DAY)}" y="${HEIGHT + 14}" fill="#666">${label(from)}</text>`,
      `<text x="${x(to * DAY)}" y="${HEIGHT + 14}" fill="#666" text-anchor="end">${label(to)}</text>`,
    ];
  });
  const legend = `grey: values; blue: what was forecast for then, ${horizon} before, with the 90 % band`;
  write({ name, title, legend, height: HEIGHT + 38 }, drawn);
}

/** A series up to now, its threshold, and the range in which it is passed. */
function threshold(name, title, { stepMs, days, until, limit, value }) {
  const predictor = new Predictor();
  const rows = [];
  let t = 0;
  for (; t < days * DAY; t += stepMs) {
    const v = value(t);
    predictor.observe({ serviceId: 's', metricName: 'disk_usage', timestamp: START + t, value: v });
    rows.push({ t, v });
  }
  const time = predictor.timeToThreshold('s', 'disk_usage', limit);
  const rest = [];
  for (; t < until * DAY; t += stepMs) rest.push({ t, v: value(t) });
  const x = (at) => ((WIDTH * at) / (until * DAY)).toFixed(1);
  const y = vertical([0, 100], HEIGHT - 4, 28);
  const points = (list) => list.map((row) => `${x(row.t)},${y(Math.min(100, row.v))}`).join(' ');
  const [earliest, expected, latest] = [time.earliest, time.expected, time.latest].map((ms) => x(days * DAY + ms));
  const legend = `left of the dashed line: what is known; grey: what came. Said then: "${time.text}"`;
  write({ name, title, legend, height: HEIGHT + 38 }, [
    `<rect x="${earliest}" y="24" width="${latest - earliest}" height="${HEIGHT - 24}" fill="#e82" opacity=".2"/>`,
    `<line x1="${expected}" x2="${expected}" y1="24" y2="${HEIGHT}" stroke="#b60"/>`,
    `<polyline points="${points(rest)}" fill="none" stroke="#aaa" stroke-width="1"/>`,
    `<polyline points="${points(rows)}" fill="none" stroke="#14a" stroke-width="1.2"/>`,
    `<line x1="0" x2="${WIDTH}" y1="${y(limit)}" y2="${y(limit)}" stroke="#a11"/>`,
    `<text x="4" y="${y(limit) - 4}" fill="#a11">${limit} %</text>`,
    `<line x1="${x(days * DAY)}" x2="${x(days * DAY)}" y1="24" y2="${HEIGHT}" stroke="#333" stroke-dasharray="4"/>`,
    `<text x="0" y="${HEIGHT + 14}" fill="#666">day 0</text>`,
    `<text x="${x(days * DAY)}" y="${HEIGHT + 14}" fill="#666" text-anchor="middle">day ${days}</text>`,
    `<text x="${WIDTH}" y="${HEIGHT + 14}" fill="#666" text-anchor="end">day ${until}</text>`,
  ]);
}

function label(day) {
  const minutes = Math.round((day % 1) * 1440);
  const clock =
    minutes === 0
      ? ''
      : ` ${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `day ${Math.floor(day)}${clock}`;
}
