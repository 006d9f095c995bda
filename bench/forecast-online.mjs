// The online half of forecast.mjs: the Predictor beside what one would write instead, and what thousands of series cost.
//
// error: mean absolute error over that of repeating the last value, geometric mean over series. worse: series more than 2 %
// worse than that. cov: share inside the 90 % interval, mean over series; off: mean distance of it from 90, in points.
// Brier: skill of probabilityAbove at the 90th percentile of the first quarter over the series' own base rate, median over
// series. conf: mean distance of `confidence` from the share of the next forecasts that came within tolerance.
import { linearRegression } from 'simple-statistics';

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

export function online(Predictor, model, all) {
  const rows = all.map((series) => ({ set: series.set, tallies: score(series, Predictor, model) }));
  const sets = ['all', ...new Set(all.map((series) => series.set))];
  console.log(`Predictor, model ${model}, ${all.length} series`);
  HORIZONS.forEach((name, j) => {
    const of = (set) => rows.filter((row) => (set === 'all' || row.set === set) && row.tallies[j].naive > 0);
    console.table(
      Object.fromEntries(
        sets.map((set) => [
          `${name} ${set}`,
          summary(
            of(set).map((row) => row.tallies[j]),
            'own',
          ),
        ]),
      ),
    );
    const peers = Object.keys(PEERS).map((peer) => {
      const { error, 'worse %': worse } = summary(
        of('all').map((row) => row.tallies[j]),
        peer,
      );
      return [`${name} ${peer}`, { error, 'worse %': worse }];
    });
    console.table(Object.fromEntries(peers));
  });
}

function score({ step, values }, Predictor, model) {
  const predictor = new Predictor({ model });
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
    error: geometricMean(ratios).toFixed(3),
    'worse %': ((100 * ratios.filter((r) => r > 1.02).length) / ratios.length).toFixed(1),
    'cov 90 %': mean(coverage).toFixed(1),
    off: mean(coverage.map((c) => Math.abs(c - 90))).toFixed(2),
    Brier: median(skills).toFixed(3),
    conf: mean(rows.flatMap((t) => t.distances)).toFixed(3),
  };
}

/** Thousands of series that take turns, as in a service: memory, and time with cold caches. */
export function scale(Predictor, model) {
  const predictor = new Predictor({ model, maxSeries: MANY_SERIES });
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
  const empty = heap();
  const bytes = {};
  for (let t = 0; t < 200; t++) {
    turn(t);
    if (t === 0 || t === 19 || t === 199) bytes[t + 1] = Math.round((heap() - empty) / MANY_SERIES);
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
  const one = alone(Predictor, model);
  console.log(`${MANY_SERIES} series in turn: update ${update.toFixed(2)} µs, one forecast ${forecast.toFixed(2)} µs`);
  console.log(`one series alone: update ${one.toFixed(2)} µs`);
  const exact = globalThis.gc === undefined ? ' (run with --expose-gc for exact numbers)' : '';
  const list = Object.entries(bytes).map(([n, b]) => `${b} after ${n}`);
  console.log(`bytes a series, its share of the maps included: ${list.join(', ')}${exact}`);
}

function alone(Predictor, model) {
  const predictor = new Predictor({ model });
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

function heap() {
  // Twice: the first frees typed arrays, the second what their buffers held.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function mean(list) {
  return list.reduce((a, b) => a + b, 0) / list.length;
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function geometricMean(list) {
  return Math.exp(mean(list.map((v) => Math.log(Math.max(v, 1e-3)))));
}
