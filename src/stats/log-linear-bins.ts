/** Finest bins: 2¹³ an octave, for a relative accuracy of 0.0001. */
export const MAX_OCTAVE_BITS = 13;
/** Bits of the mantissa in the upper half of a double. */
const HIGH_MANTISSA_BITS = 20;
/** Octaves below the normal doubles; keys are shifted up by them so that subnormals have keys above zero's. */
const SUBNORMAL_OCTAVES = 52;
const SMALLEST_NORMAL = 2 ** -1022;
const EXPONENT_BIAS = 1023;

/** To look at the bits of a double. Nothing stays in it from one call to the next. */
const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);
/** Index of the word with sign and exponent: 1 on little-endian machines. */
const HIGH_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * Number of the bin of a finite double, in the order of the values: below 0 for negative ones, 0 for zero alone. For
 * positive ones it is the exponent and the first k bits of the mantissa. No logarithm is taken.
 *
 * @param octaveBits k: an octave has 2ᵏ bins of equal width; 0 to `MAX_OCTAVE_BITS`
 */
export function binKey(value: number, octaveBits: number): number {
  if (value === 0) return 0;
  const magnitude = Math.abs(value);
  const isNormal = magnitude >= SMALLEST_NORMAL;
  DOUBLE[0] = isNormal ? magnitude : magnitude * 2 ** SUBNORMAL_OCTAVES;
  const bits = (WORDS[HIGH_WORD] as number) >>> (HIGH_MANTISSA_BITS - octaveBits);
  const key = isNormal ? bits + (SUBNORMAL_OCTAVES << octaveBits) : bits;
  return value < 0 ? -key : key;
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
