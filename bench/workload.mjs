// What is recorded: names, latencies and their order, the same in every run and for every library.

/** Uniform in [0, 1), from a seed other than 0: xorshift 13-17-5 of Marsaglia 2003, https://doi.org/10.18637/jss.v008.i14 */
export function seeded(seed) {
  let state = Math.imul(seed, 0x9e3779b1);
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function normal(random) {
  // 1 − x, because the logarithm of 0 has no value.
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** One latency in milliseconds. */
const LAWS = {
  /** Median 20 ms; one in a thousand above 440 ms. */
  lognormal: (random) => 20 * Math.exp(normal(random)),
  /** From 5 ms on, with a tail of exponent 1.5: no finite variance. */
  pareto: (random) => 5 * (1 - random()) ** (-1 / 1.5),
  /** Nine in ten hit a cache at 2 ms, the others wait for a disk at 150 ms. */
  bimodal: (random) => (random() < 0.92 ? 2 : 150) * Math.exp(0.25 * normal(random)),
};

export const DISTRIBUTIONS = Object.keys(LAWS);

export function latencies(law, length, seed = 1) {
  const random = seeded(seed);
  return Float64Array.from({ length }, () => LAWS[law](random));
}

const RECORDS = 1_000_000;
/** Prime, so that a series does not get the same latencies each time the order repeats. */
const LATENCIES = 1_000_003;
const FAILS_ONE_IN = 100;

/**
 * An endless stream over `series` series: each comes equally often, in an order that is shuffled as a whole; latencies are
 * lognormal, one record in a hundred fails. `layout`: operations of one service, the same in turn, which caches like
 * best, or services with one operation each.
 */
export class Workload {
  constructor(layout, series) {
    const many = layout === 'services';
    this.series = series;
    this.services = Array.from({ length: series }, (_, i) => (many ? `service-${i}` : 'bench'));
    this.operations = Array.from({ length: series }, (_, i) => (many ? 'GET /' : `GET /resource-${i}`));
    const length = Math.ceil(RECORDS / series) * series;
    this.order = layout === 'turns' ? inTurn(series, length) : shuffled(series, length);
    this.durations = latencies('lognormal', LATENCIES);
    this.succeeds = Uint8Array.from({ length: LATENCIES }, (_, i) => (i % FAILS_ONE_IN === 0 ? 0 : 1));
    this.#at = 0;
    this.#latencyAt = 0;
  }

  #at;
  #latencyAt;
  /** Records given so far. */
  given = 0;

  /** Gives the next `count` records to `record(series, duration, succeeds)`. */
  give(count, record) {
    const { order, durations, succeeds } = this;
    let at = this.#at;
    let latencyAt = this.#latencyAt;
    for (let i = 0; i < count; i++) {
      record(order[at], durations[latencyAt], succeeds[latencyAt] === 1);
      if (++at === order.length) at = 0;
      if (++latencyAt === LATENCIES) latencyAt = 0;
    }
    this.#at = at;
    this.#latencyAt = latencyAt;
    this.given += count;
  }

  /** What has been given, counted anew: in all, for each series, and all values of a few of them, in order. */
  expected(probes) {
    const { order, durations } = this;
    const counts = new Float64Array(this.series);
    const sums = new Float64Array(this.series);
    let errors = 0;
    for (let i = 0; i < this.given; i++) {
      const series = order[i % order.length];
      counts[series]++;
      sums[series] += durations[i % LATENCIES];
      errors += 1 - this.succeeds[i % LATENCIES];
    }
    const values = new Map(probes.map((probe) => [probe, new Float64Array(counts[probe])]));
    const filled = new Map(probes.map((probe) => [probe, 0]));
    for (let i = 0; i < this.given; i++) {
      const series = order[i % order.length];
      const place = filled.get(series);
      if (place === undefined) continue;
      values.get(series)[place] = durations[i % LATENCIES];
      filled.set(series, place + 1);
    }
    for (const list of values.values()) list.sort();
    return { counts, sums, errors, values };
  }
}

function inTurn(series, length) {
  return Int32Array.from({ length }, (_, i) => i % series);
}

/** Each of `series` numbers equally often, Fisher–Yates. */
function shuffled(series, length) {
  const random = seeded(2);
  const order = inTurn(series, length);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
