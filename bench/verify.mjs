// Says whether a way did its work: a figure of work that was skipped is worth nothing.
import assert from 'node:assert/strict';

const QUANTILES = [0.5, 0.95, 0.99];
/** Sums are added in another order than ours, in seconds by some. */
const SUM_TOLERANCE = 1e-9;
/** Counts and sums are compared for this many series, spread evenly, and quantiles for this many of them. */
const COMPARED = 1000;
const PROBED = 3;

/** @throws AssertionError where counts, sums, errors or quantiles of what `workload` gave are not what they must be */
export async function verify(way, workload) {
  const compared = evenly(workload.series, COMPARED);
  const { counts, sums, errors, values } = workload.expected(evenly(workload.series, PROBED));
  const known = await way.read(compared);
  const add = (list) => list.reduce((a, b) => a + b, 0);
  if (known.count !== undefined) assert.equal(known.count, workload.given, 'count of all series');
  if (known.errors !== undefined) assert.equal(known.errors, errors, 'errors of all series');
  if (known.sum !== undefined) assertSum(known.sum, add(sums), 'all series');
  compared.forEach((i, at) => {
    const { count, sum, quantile } = known.series[at];
    if (count !== undefined) assert.equal(count, counts[i], `count of series ${i}`);
    if (sum !== undefined) assertSum(sum, sums[i], `series ${i}`);
    if (quantile !== undefined && values.has(i)) assertQuantiles(way, quantile, values.get(i), i);
  });
}

function assertSum(got, expected, subject) {
  assert.ok(Math.abs(got - expected) <= expected * SUM_TOLERANCE, `sum of ${subject}: ${got}, not ${expected}`);
}

function assertQuantiles(way, quantile, values, series) {
  for (const q of QUANTILES) {
    const got = quantile(q);
    if (got === undefined) continue;
    // Every definition of a quantile lies between these two ranks.
    const low = values[Math.max(0, Math.floor(q * (values.length - 1)) - 1)];
    const high = values[Math.min(values.length - 1, Math.ceil(q * values.length))];
    assert.ok(way.isNear(got, low, high), `quantile ${q} of series ${series}: ${got}, not ${low} to ${high}`);
  }
}

function evenly(length, count) {
  const step = Math.max(1, Math.floor(length / count));
  return Array.from({ length: Math.min(count, length) }, (_, i) => i * step);
}
