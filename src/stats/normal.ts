const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);

/** Below it the power series is short and exact; above it the continued fraction is. */
const SERIES_LIMIT = 2.5;

/**
 * Levels of the continued fraction: `ceil(CF_LEVELS / x)` of them leave a relative error below 1e-15 from
 * {@link SERIES_LIMIT} on (compared with 40-digit arithmetic).
 */
const CF_LEVELS = 220;

/**
 * Probability that a standard normal variable exceeds `x`, to about 14 digits of the tail itself, down to 1e-300 and
 * below; 0 from about 38.6 on. Cost: tens of nanoseconds near 0, some 200 around 3.
 *
 * The core is the power series of Marsaglia, "Evaluating the normal distribution", Journal of Statistical Software 11
 * (4), 2004; the tail is Laplace's continued fraction of the Mills ratio (Abramowitz & Stegun 26.2.14).
 */
export function normalTail(x: number): number {
  if (x < -SERIES_LIMIT) return 1 - normalTail(-x);
  const density = Math.exp(-0.5 * x * x) / SQRT_TWO_PI;
  if (x > SERIES_LIMIT) return density * millsRatio(x);
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 - density * sum;
}

/** Probability that a standard normal variable stays below `x`, accurate in the far lower tail. */
export function normalCdf(x: number): number {
  return normalTail(-x);
}

/**
 * The `x` below which a standard normal variable stays with probability `p`; −∞ at 0, +∞ at 1, `NaN` outside.
 * For an upper tail smaller than about 1e-16 use `-normalQuantile(tail)`: `1 - tail` cannot be written in a double.
 *
 * @see Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37, 1988;
 * relative error about 1e-16.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(0.180625 - q * q, CENTRE_OVER, CENTRE_UNDER);
  const smaller = q < 0 ? p : 1 - p;
  if (smaller === 0) return q < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const x = tailQuantile(-Math.log(smaller));
  return q < 0 ? -x : x;
}

/**
 * The number of standard deviations that a normal variable exceeds, on either side, with probability `p`: 1.96 for
 * 0.05; 0 for 1 and more, +∞ for 0. It makes tail probabilities of any distribution comparable.
 */
export function deviationFromTail(p: number): number {
  return p >= 1 ? 0 : -normalQuantile(p / 2);
}

/** Surprise of a deviation: `-ln` of the probability that a normal variable deviates so far on either side. */
export function surprise(deviation: number): number {
  if (deviation <= SERIES_LIMIT) return -Math.log(2 * normalTail(deviation));
  return 0.5 * deviation * deviation + Math.log(SQRT_TWO_PI / 2) - Math.log(millsRatio(deviation));
}

/** Tail over density, for `x` from {@link SERIES_LIMIT} on. */
function millsRatio(x: number): number {
  let fraction = x;
  for (let level = Math.ceil(CF_LEVELS / x); level > 0; level--) fraction = x + level / fraction;
  return 1 / fraction;
}

/** Quantile for an upper tail of `exp(-surprise)`, `surprise` ≥ 2.59. */
function tailQuantile(surprise: number): number {
  const r = Math.sqrt(surprise);
  return r <= 5 ? ratio(r - 1.6, MIDDLE_OVER, MIDDLE_UNDER) : ratio(r - 5, FAR_OVER, FAR_UNDER);
}

type Coefficients = readonly [number, number, number, number, number, number, number, number];

function ratio(x: number, over: Coefficients, under: Coefficients): number {
  return polynomial(x, over) / polynomial(x, under);
}

/** Horner's rule. The coefficients are not taken apart in the parameter list: that would go through an iterator. */
function polynomial(x: number, c: Coefficients): number {
  return ((((((c[7] * x + c[6]) * x + c[5]) * x + c[4]) * x + c[3]) * x + c[2]) * x + c[1]) * x + c[0];
}

// Coefficients of AS 241, routine PPND16, lowest order first, rounded to doubles.
const CENTRE_OVER: Coefficients = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
  33430.57558358813, 2509.0809287301227,
];
const CENTRE_UNDER: Coefficients = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
  5226.495278852854,
];
const MIDDLE_OVER: Coefficients = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
];
const MIDDLE_UNDER: Coefficients = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
];
const FAR_OVER: Coefficients = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
];
const FAR_UNDER: Coefficients = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
  1.421511758316446e-7, 2.0442631033899397e-15,
];
