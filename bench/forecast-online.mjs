// The online half of forecast.mjs: the Predictor beside what one would write instead, and what thousands of series cost.
//
// error: mean absolute error over that of repeating the last value, geometric mean over series. worse: series more than 2 %
// worse than that. cov: share inside the 90 % interval, mean over series; off: mean distance of it from 90, in points.
// Brier: skill of probabilityAbove at the 90th percentile of the first quarter over the series' own base rate, median over
// series. conf: mean distance of `confidence` from the share of the next forecasts that came within tolerance.
import { linearRegression } from 'simple-statistics';
import { heldBytes, median } from './measure.mjs';
import { table } from './page.mjs';

const HORIZONS = ['5m', '15m', '1h'];
const HORIZON_SECONDS = [300, 900, 3600];
const ASK_EVERY_SECONDS = 300;
/** A series needs this share of samples above its threshold, and below it, for a skill to mean anything. */
const RARE = 0.005;
const MANY_SERIES = 16_000;
/** Forecasts over which confidence is compared with what came: about as many as it remembers. */
const CONFIDENCE_BLOCK = 100;
const TOLERANCE = 0.1;

/** What one would write instead; `forecast(h)` for `h` samples ahead. */
const PEERS = {
  'last value': () => {
    let last = 0;
    return { observe: (value) => (last = value), forecast: () => last };
  },
  'moving average (EWMA, .5)': () => {
    let level;
    return { observe: (value) => (level = level === undefined ? value : (level + value) / 2), forecast: () => level };
  },
  'line through the last 60 (simple-statistics)': () => line(60),
  'line through the last 1,000 (simple-statistics)': () => line(1000),
  'the day before': (step) => {
    const day = Math.round(86_400 / step);
    const values = [];
    return {
      observe: (value) => values.push(value),
      forecast: (ahead) => values[values.length - 1 + ahead - day] ?? values[values.length - 1],
    };
  },
};

function line(size) {
  const values = [];
  return {
    observe: (value) => values.push(value) > size && values.shift(),
    forecast(ahead) {
      const { m, b } = linearRegression(values.map((value, i) => [i, value]));
      return m * (values.length - 1 + ahead) + b;
    },
  };
}

const HEADER = ['series', 'count', 'error', 'worse %', 'cov 90', 'off', 'Brier', 'conf'];

/** @returns tables, and what was reached by id of the goal */
export function online(Predictor, all) {
  const rows = all.map((series) => ({ set: series.set, tallies: score(series, Predictor) }));
  const sets = ['all', ...new Set(all.map((series) => series.set))];
  const reached = {};
  const tables = HORIZONS.map((name, j) => {
    const of = (set) =>
      rows.filter((row) => (set === 'all' || row.set === set) && row.tallies[j].naive > 0).map((row) => row.tallies[j]);
    const own = sets.map((set) => [set, summary(of(set), 'own')]);
    const [[, whole]] = own;
    reached[`online-error-${name}`] = whole.error;
    reached[`online-brier-${name}`] = 1 - whole.brier;
    reached[`online-coverage-${name}`] = Math.abs(whole.coverage - 90);
    reached[`online-worse-${name}`] = whole.worse;
    reached[`online-confidence-${name}`] = whole.confidence;
    const peers = Object.keys(PEERS).map((peer) => {
      const { series, error, worse } = summary(of('all'), peer);
      return [`all, by ${peer}`, String(series), error.toFixed(3), worse.toFixed(1), '–', '–', '–', '–'];
    });
    return table(`Predictor, ${name} ahead`, HEADER, [...own.map(row), ...peers]);
  });
  return { tables, reached };
}

function row([set, { series, error, worse, coverage, off, brier, confidence }]) {
  const cells = [error.toFixed(3), worse.toFixed(1), coverage.toFixed(1), off.toFixed(2), brier.toFixed(3)];
  return [set, String(series), ...cells, confidence.toFixed(3)];
}

function score({ step, values }, Predictor) {
  const predictor = new Predictor();
  const peers = Object.entries(PEERS).map(([name, make]) => [name, make(step)]);
  const ahead = HORIZON_SECONDS.map((s) => Math.max(1, Math.round(s / step)));
  const every = Math.max(1, Math.round(ASK_EVERY_SECONDS / step));
  const start = values.length >> 2;
  const threshold = values.slice(0, start).sort((a, b) => a - b)[Math.floor(start * 0.9)];
  const rate = mean(values.slice(start).map((v) => (v > threshold ? 1 : 0)));
  const stepChange = median(values.slice(1).map((v, i) => Math.abs(v - values[i])));
  const tallies = HORIZONS.map(() => tally(rate));
  for (let t = 0; t < values.length; t++) {
    predictor.observe({ serviceId: 's', metricName: 'm', timestamp: t * step * 1000, value: values[t] });
    for (const [, peer] of peers) peer.observe(values[t]);
    if (t < start || t % every !== 0 || t + ahead[2] >= values.length) continue;
    HORIZONS.forEach((horizon, j) => {
      const f = predictor.forecast('s', 'm', { horizon });
      const truth = values[t + ahead[j]];
      const one = tallies[j];
      one.n++;
      one.naive += Math.abs(truth - values[t]);
      one.errors.own = (one.errors.own ?? 0) + Math.abs(truth - f.mean);
      for (const [name, peer] of peers) {
        one.errors[name] = (one.errors[name] ?? 0) + Math.abs(truth - peer.forecast(ahead[j]));
      }
      if (truth >= f.lower && truth <= f.upper) one.inside++;
      one.brier += (f.probabilityAbove(threshold) - (truth > threshold ? 1 : 0)) ** 2;
      const hit = Math.abs(truth - f.mean) <= Math.max(TOLERANCE * Math.abs(truth), stepChange) ? 1 : 0;
      calibrate(one, f.confidence, hit);
    });
  }
  return tallies;
}

function tally(rate) {
  return {
    n: 0,
    naive: 0,
    errors: {},
    inside: 0,
    brier: 0,
    base: rate * (1 - rate),
    rare: rate < RARE || rate > 1 - RARE,
    block: { n: 0, said: 0, hits: 0 },
    distances: [],
  };
}

/** What confidence said on average over a block of forecasts, against the share of hits among them. */
function calibrate(one, confidence, hit) {
  if (confidence === undefined) return;
  const { block } = one;
  block.n++;
  block.said += confidence;
  block.hits += hit;
  if (block.n < CONFIDENCE_BLOCK) return;
  one.distances.push(Math.abs(block.said - block.hits) / block.n);
  one.block = { n: 0, said: 0, hits: 0 };
}

function summary(rows, who) {
  const ratios = rows.map((t) => t.errors[who] / t.naive);
  const coverage = rows.map((t) => (100 * t.inside) / t.n);
  const skills = rows.filter((t) => !t.rare).map((t) => 1 - t.brier / t.n / t.base);
  return {
    series: rows.length,
    error: geometricMean(ratios),
    worse: (100 * ratios.filter((r) => r > 1.02).length) / ratios.length,
    coverage: mean(coverage),
    off: mean(coverage.map((c) => Math.abs(c - 90))),
    brier: median(skills),
    confidence: mean(rows.flatMap((t) => t.distances)),
  };
}

/** Thousands of series that take turns, as in a service: memory, and time with cold caches. */
export async function scale(Predictor, progress) {
  progress(`Predictor: ${MANY_SERIES} series in turn`);
  const predictor = new Predictor({ maxSeries: MANY_SERIES });
  const samples = Array.from({ length: MANY_SERIES }, (_, i) => ({
    serviceId: `service-${i}`,
    metricName: 'metric',
    labels: undefined,
    timestamp: 0,
    value: 0,
  }));
  const turn = (t) => {
    samples.forEach((sample, i) => {
      sample.timestamp = t * 60_000;
      sample.value = 50 + 20 * Math.sin((t + i) / 60) + ((t * 7919 + i * 104_729) % 17) / 5;
      predictor.observe(sample);
    });
  };
  const empty = await heldBytes();
  const bytes = {};
  for (let t = 0; t < 200; t++) {
    turn(t);
    if (t === 0 || t === 19 || t === 199) bytes[t + 1] = Math.round(((await heldBytes()) - empty) / MANY_SERIES);
  }
  // The least of some rounds: others use the machine as well.
  let t = 200;
  const update = least(8, () => {
    for (const end = t + 5; t < end; t++) turn(t);
    return MANY_SERIES * 5;
  });
  const forecast = least(8, () => {
    for (const { serviceId } of samples) {
      for (const horizon of HORIZONS) predictor.forecast(serviceId, 'metric', { horizon });
    }
    return MANY_SERIES * HORIZONS.length;
  });
  const one = alone(Predictor);
  return {
    tables: [
      table(
        `Predictor, ${MANY_SERIES} series in turn`,
        ['what', 'each'],
        [
          ['update', `${update.toFixed(2)} µs`],
          ['update, one series alone', `${one.toFixed(2)} µs`],
          ['forecast', `${forecast.toFixed(2)} µs`],
          ...Object.entries(bytes).map(([n, b]) => [
            `series after ${n} samples, its share of the maps included`,
            `${b} B`,
          ]),
        ],
      ),
    ],
    reached: { 'online-update': update, 'online-forecast': forecast, 'online-bytes': bytes[200] },
  };
}

function alone(Predictor) {
  const predictor = new Predictor();
  const sample = { serviceId: 's', metricName: 'm', timestamp: 0, value: 0 };
  let t = 0;
  return least(5, () => {
    for (const end = t + 20_000; t < end; t++) {
      sample.timestamp = t * 60_000;
      sample.value = 50 + 20 * Math.sin(t / 60) + ((t * 7919) % 17) / 5;
      predictor.observe(sample);
    }
    return 20_000;
  });
}

/** CPU time of one, in microseconds, in the fastest of some rounds; `round` returns how many it did. */
function least(rounds, round) {
  let micros = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const start = process.cpuUsage();
    const count = round();
    const { user, system } = process.cpuUsage(start);
    micros = Math.min(micros, (user + system) / count);
  }
  return micros;
}

function mean(list) {
  return list.reduce((a, b) => a + b, 0) / list.length;
}

function geometricMean(list) {
  return Math.exp(mean(list.map((v) => Math.log(Math.max(v, 1e-3)))));
}
