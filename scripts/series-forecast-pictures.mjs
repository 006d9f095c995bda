// Draws docs/images/forecast-{week,models,trend}.svg: forecastSeries on series made up here, its mean, its band, and what came.
//
//   node scripts/series-forecast-pictures.mjs
//
// The series come from a seed, so the pictures change only where the models do.
import { normal, source, vertical, WIDTH, write } from './drawing.mjs';

const HEIGHT = 240;
const TOP = 28;
const DAY = 24;

const { forecastSeries } = await source('predict/forecast-series.ts');

const noise = normal(11);
/** Requests an hour: a day, quieter weekends, noise that grows with the size and hangs together. */
function requests(hours) {
  let drift = 0;
  return Array.from({ length: hours }, (_, i) => {
    drift = 0.9 * drift + 0.03 * noise();
    const weekend = Math.floor(i / DAY) % 7 >= 5 ? 0.6 : 1;
    const course = 1.1 - Math.cos((2 * Math.PI * (i - 3)) / DAY) + 0.3 * Math.sin((4 * Math.PI * i) / DAY);
    return 1000 * weekend * course * Math.exp(drift + 0.03 * noise());
  });
}

const traffic = requests(6 * 7 * DAY);
const end = 5 * 7 * DAY - 3 * DAY;
draw('forecast-week', 'Requests an hour: four days ahead over a weekend, model auto', traffic, {
  end,
  steps: 4 * DAY,
  shown: 10 * DAY,
});
draw(
  'forecast-models',
  'The same history by four models: auto, seasonal-naive (brown), ets (green), linear (red)',
  traffic,
  {
    end,
    steps: 4 * DAY,
    shown: 6 * DAY,
    others: { 'seasonal-naive': '#a63', ets: '#292', linear: '#d33' },
  },
);
const disk = Array.from({ length: 90 }, (_, i) => 40 + 0.35 * i + (i > 50 ? 0.25 * (i - 50) : 0) + 0.8 * noise());
draw('forecast-trend', 'Disk use by day, percent: a trend that bent, 14 days ahead, model prophet', disk, {
  end: 76,
  steps: 14,
  shown: 76,
  model: 'prophet',
  seasonLength: 1,
});

function draw(name, title, values, { end: known, steps, shown, model = 'auto', others = {}, seasonLength = DAY }) {
  const history = values.slice(0, known);
  const forecast = forecastSeries(history, { steps, model, seasonLength, level: 0.95 });
  const lines = Object.entries(others).map(([other, colour]) => {
    return { colour, mean: forecastSeries(history, { steps, model: other, seasonLength }).mean };
  });
  const from = known - shown;
  const seen = values.slice(from, known + steps);
  const all = [...seen, ...forecast.lower, ...forecast.upper, ...lines.flatMap(({ mean }) => [...mean])];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const x = (i) => ((WIDTH * i) / (seen.length - 1)).toFixed(1);
  const y = vertical(all, HEIGHT - 8, TOP + 8);
  const line = (numbers, start) => Array.from(numbers, (v, i) => `${x(start + i)},${y(v)}`).join(' ');
  const band = [
    ...Array.from(forecast.upper, (v, i) => `${x(shown + i)},${y(v)}`),
    ...Array.from(forecast.lower, (v, i) => `${x(shown + i)},${y(v)}`).reverse(),
  ];
  const now = x(shown - 0.5);
  const legend =
    'dark: what was and what came; blue: forecast and 95 % band, from the dashed line on; ' +
    `scale ${Math.round(low)} to ${Math.round(high)}`;
  write({ name, title, legend, height: HEIGHT + 22 }, [
    `<line x1="${now}" x2="${now}" y1="${TOP}" y2="${HEIGHT}" stroke="#999" stroke-dasharray="3"/>`,
    `<polygon points="${band.join(' ')}" fill="#47c" opacity=".22"/>`,
    `<polyline points="${line(seen, 0)}" fill="none" stroke="#235" stroke-width="1"/>`,
    ...lines.map(
      ({ colour, mean }) =>
        `<polyline points="${line(mean, shown)}" fill="none" stroke="${colour}" stroke-width="1.2"/>`,
    ),
    `<polyline points="${line(forecast.mean, shown)}" fill="none" stroke="#06f" stroke-width="1.6"/>`,
  ]);
}
