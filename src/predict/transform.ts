import { medianOf } from '../stats/order.ts';

/** The logarithm needs no offset where the least value exceeds this share of the median; else it is the offset. */
const OFFSET_SHARE = 0.1;
/** The median is that of so many of the newest values: sorting more takes milliseconds. */
const MOST_VALUES = 4000;

/** A scale on which a series is easier to forecast, and the way back. */
export interface Transform {
  apply(value: number): number;
  invert(value: number): number;
}

/** A series on a scale. */
export interface ScaledSeries {
  readonly x: Float64Array;
  readonly scale: Transform;
}

/** The scale that the values have. */
export const IDENTITY: Transform = { apply: (value) => value, invert: (value) => value };

/** Square root, for values whose spread grows with the root of their size; as they are where any is negative. */
export function rootTransform(values: Float64Array): Transform {
  if (values.some((value) => value < 0)) return IDENTITY;
  return { apply: Math.sqrt, invert: (value) => Math.max(0, value) ** 2 };
}

/** Logarithm, for values whose spread grows with their size; as they are where any is negative. */
export function logTransform(values: Float64Array): Transform {
  const least = values.reduce((a, b) => Math.min(a, b));
  const typical = medianOf(values.subarray(-MOST_VALUES)) || values.reduce((a, b) => a + b, 0) / values.length;
  if (least < 0 || typical === 0) return IDENTITY;
  const offset = least > OFFSET_SHARE * typical ? 0 : OFFSET_SHARE * typical;
  return { apply: (value) => Math.log(value + offset), invert: (value) => Math.exp(value) - offset };
}

/** The values on a scale. */
export function onScale(values: Float64Array, scale: Transform): ScaledSeries {
  return { x: scale === IDENTITY ? values : values.map(scale.apply), scale };
}
