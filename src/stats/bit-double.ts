/** To look at the bits of a double. Nothing stays in it from one call to the next. */
const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);
/** Index of the word with sign and exponent: 1 on little-endian machines. */
const HIGH_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;
const LOW_WORD = 1 - HIGH_WORD;

/** Sign, exponent and the first 20 bits of the mantissa of a double. */
export function highWord(value: number): number {
  DOUBLE[0] = value;
  return WORDS[HIGH_WORD] as number;
}

/** The last 32 bits of the mantissa of a double. */
export function lowWord(value: number): number {
  DOUBLE[0] = value;
  return WORDS[LOW_WORD] as number;
}

/** The double that has these two words of 32 bits. */
export function doubleOf(high: number, low: number): number {
  WORDS[HIGH_WORD] = high;
  WORDS[LOW_WORD] = low;
  return DOUBLE[0] as number;
}

/** Bytes of a double, from the one with the sign on, before those that are zero to its end; 0 for zero. */
export function significantBytes(value: number): number {
  if (value === 0) return 0;
  const low = lowWord(value);
  return low === 0 ? wordBytes(highWord(value)) : 4 + wordBytes(low);
}

function wordBytes(word: number): number {
  const trailingZeros = 31 - Math.clz32(word & -word);
  return 4 - (trailingZeros >> 3);
}
