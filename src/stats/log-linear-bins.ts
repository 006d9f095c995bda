import { doubleOf, highWord, lowWord } from './bit-double.ts';

/** Bins of the default accuracy: 2⁶ an octave. */
export const OCTAVE_BITS = 6;
/** Finest bins: 2¹³ an octave, for a relative accuracy of 0.0001. */
export const MAX_OCTAVE_BITS = 13;
/** Bits of the mantissa in the upper half of a double. */
const HIGH_MANTISSA_BITS = 20;
const LOW_WORD_RANGE = 2 ** 32;
/** Octaves below the normal doubles; keys are shifted up by them so that subnormals have keys above zero's. */
const SUBNORMAL_OCTAVES = 52;
const SUBNORMAL_SCALE = 2 ** SUBNORMAL_OCTAVES;
const SMALLEST_NORMAL = 2 ** -1022;
const EXPONENT_BIAS = 1023;

/**
 * Number of the bin of a finite double, in the order of the values: below 0 for negative ones, 0 for zero alone. For
 * positive ones it is the exponent and the first k bits of the mantissa. No logarithm is taken.
 *
 * @param octaveBits k: an octave has 2ᵏ bins of equal width; 0 to `MAX_OCTAVE_BITS`
 */
export function binKey(value: number, octaveBits: number = OCTAVE_BITS): number {
  if (value === 0) return 0;
  const magnitude = Math.abs(value);
  const isNormal = magnitude >= SMALLEST_NORMAL;
  const bits = highWord(isNormal ? magnitude : magnitude * SUBNORMAL_SCALE) >>> (HIGH_MANTISSA_BITS - octaveBits);
  const key = isNormal ? bits + (SUBNORMAL_OCTAVES << octaveBits) : bits;
  return value < 0 ? -key : key;
}

/** Key of the first bin of an octave of normal doubles, given by their exponent as it stands in their bits, 1..2046. */
export function octaveKey(exponent: number, octaveBits: number = OCTAVE_BITS): number {
  return (exponent + SUBNORMAL_OCTAVES) << octaveBits;
}

/** What the bin of a finite double does not say of it: the last 52 − k bits of its mantissa, as a whole number. */
export function binRemainder(value: number, octaveBits: number): number {
  const magnitude = Math.abs(value);
  const bits = magnitude >= SMALLEST_NORMAL ? magnitude : magnitude * SUBNORMAL_SCALE;
  const high = highWord(bits) & ((1 << (HIGH_MANTISSA_BITS - octaveBits)) - 1);
  return high * LOW_WORD_RANGE + lowWord(bits);
}

/**
 * The double of which `binKey` gave `key` and `binRemainder` gave `remainder`. Both must lie in their range; some pairs
 * among the subnormals belong to no double, and what comes back for them has another key or remainder.
 */
export function valueInBin(key: number, remainder: number, octaveBits: number): number {
  if (key === 0) return 0;
  const magnitude = Math.abs(key);
  const isNormal = magnitude >> octaveBits > SUBNORMAL_OCTAVES;
  const bits = isNormal ? magnitude - (SUBNORMAL_OCTAVES << octaveBits) : magnitude;
  const high = (bits << (HIGH_MANTISSA_BITS - octaveBits)) + Math.floor(remainder / LOW_WORD_RANGE);
  const value = doubleOf(high, remainder % LOW_WORD_RANGE) / (isNormal ? 1 : SUBNORMAL_SCALE);
  return key < 0 ? -value : value;
}

/**
 * What stands for the values of a bin: the harmonic mean of its borders, from which both are equally far in relative
 * terms, 1 / (2ᵏ⁺¹ + 1) at most.
 */
export function binValue(key: number, octaveBits: number): number {
  if (key === 0) return 0;
  const magnitude = Math.abs(key);
  const bins = 1 << octaveBits;
  const exponent = (magnitude >> octaveBits) - SUBNORMAL_OCTAVES - EXPONENT_BIAS;
  const lower = bins + (magnitude & (bins - 1));
  const middle = (2 * lower * (lower + 1)) / (2 * lower + 1) / bins;
  return Math.sign(key) * middle * 2 ** exponent;
}
