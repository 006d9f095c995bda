// Writes test/golden/stats/*.json: inputs with the answers of independent implementations, which the tests compare with.
// Run by hand (`node scripts/golden/stats.mjs`) when a case is added; the files are committed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { DDSketch } from '@datadog/sketches-js';

const FOLDER = new URL('../../test/golden/stats/', import.meta.url);
const QUANTILES = [0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];

/** Park and Miller's minimal standard generator: the same numbers wherever this runs. */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function normal(random) {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

function series(seed, length, draw) {
  const random = uniform(seed);
  return Array.from({ length }, () => Number(draw(random).toPrecision(12)));
}

const cases = {
  'latencies, log-normal around 20 ms': series(1, 300, (r) => 20 * Math.exp(0.6 * normal(r))),
  'long tail, Pareto 1.1': series(2, 300, (r) => r() ** (-1 / 1.1)),
  'all negative': series(3, 200, (r) => -Math.exp(3 * normal(r))),
  'both signs': series(4, 300, (r) => 100 * normal(r)),
  'mostly zeros': series(5, 200, (r) => (r() < 0.7 ? 0 : r() - 0.5)),
  'small whole numbers': series(6, 200, (r) => Math.floor(12 * r())),
  'all magnitudes': series(7, 200, (r) => (r() < 0.5 ? -1 : 1) * 10 ** (600 * r() - 300)),
};

/** Value of rank ⌊q · (n − 1)⌋ by sorting. */
function sortedQuantile(values, q) {
  return [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))];
}

const quantiles = Object.entries(cases).map(([name, values]) => {
  // DDSketch keeps 2,048 bins, so it is asked only where they suffice.
  const ddsketch = new DDSketch({ relativeAccuracy: 0.01 });
  for (const value of values) ddsketch.accept(value);
  return {
    name,
    values,
    quantiles: QUANTILES.map((q) => ({
      q,
      sorted: sortedQuantile(values, q),
      ...(name === 'all magnitudes' ? {} : { ddsketch: ddsketch.getValueAtQuantile(q) }),
    })),
  };
});

/** The improved estimator of Ertl 2017 (equations 13, 15 and 16), its infinite series summed as they are printed. */
function ertl(registers, maxRank) {
  const m = registers.length;
  const share = (rank) => registers.filter((r) => r === rank).length / m;
  const terms = Array.from({ length: 60 }, (_, k) => k + 1);
  const x = share(0);
  const sigma = x + terms.reduce((sum, k) => sum + x ** (2 ** k) * 2 ** (k - 1), 0);
  const y = 1 - share(maxRank);
  const tau = (1 - y - terms.reduce((sum, k) => sum + (1 - y ** (2 ** -k)) ** 2 * 2 ** -k, 0)) / 3;
  let z = m * sigma + m * tau * 2 ** -(maxRank - 1);
  for (let rank = 1; rank < maxRank; rank++) z += m * share(rank) * 2 ** -rank;
  return m ** 2 / (2 * Math.log(2) * z);
}

// Precision 4: 16 registers; of 53 bits of hash 49 are left, so ranks go to 50.
const registerSets = [
  Array(16).fill(3),
  [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 0, 3, 0, 1],
  [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 1, 1, 2, 3, 2, 1],
  [0, 9, 8, 12, 7, 10, 9, 9, 8, 50, 8, 9, 10, 11, 9, 8],
  [50, 50, 49, 48, 50, 47, 50, 46, 49, 50, 48, 47, 50, 49, 46, 50],
];
const estimates = registerSets.map((registers) => ({ registers, estimate: ertl(registers, 50) }));

mkdirSync(FOLDER, { recursive: true });
for (const [name, content] of Object.entries({ 'quantile-sketch': quantiles, 'hyper-log-log': estimates })) {
  writeFileSync(new URL(`${name}.json`, FOLDER), `${JSON.stringify(content)}\n`);
}
