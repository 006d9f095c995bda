/** Residuals beyond so many scales count as so many: Huber's clip, at which one outlier moves a level by 0.4 scales. */
const CLIP = 4;

/** Share of the newest absolute residual in the scale: remembers some 200 samples, far more than an incident lasts. */
const SCALE_RATE = 0.005;

/** Standard deviation over mean absolute deviation of a normal variable, √(π/2). */
const SD_OVER_MEAN_ABSOLUTE = Math.sqrt(Math.PI / 2);

/** State of a {@link RobustLevel}. */
export interface RobustLevelSnapshot {
  readonly level: number;
  readonly meanAbsolute: number;
  readonly count: number;
}

/**
 * Exponentially weighted level of a stream and the scale of the residuals against it, both after Huber: what lies
 * beyond four scales is clipped. While few values came each counts alike (the rate is 1 / count), so that the start is
 * a plain mean and not the first value.
 */
export class RobustLevel {
  readonly #rate: number;
  #level = 0;
  #meanAbsolute = 0;
  #count = 0;

  /**
   * @param rate share of the newest value in the level, (0, 1]
   * @param start where to go on; a level and a mean absolute residual estimated from `count` values
   */
  constructor(rate: number, start: RobustLevelSnapshot) {
    this.#rate = rate;
    this.#level = start.level;
    this.#meanAbsolute = start.meanAbsolute;
    this.#count = start.count;
  }

  get level(): number {
    return this.#level;
  }

  /** Standard deviation of the residuals, if they are normal; 0 where all were 0. */
  get scale(): number {
    return SD_OVER_MEAN_ABSOLUTE * this.#meanAbsolute;
  }

  /** Takes a value; `weight` (1 by default) multiplies the level's rate, up to taking the value as the level. */
  learn(value: number, weight = 1): void {
    this.#count++;
    const residual = value - this.#level;
    const absolute = Math.min(Math.abs(residual), this.#meanAbsolute > 0 ? CLIP * this.scale : Number.MAX_VALUE);
    const early = 1 / this.#count;
    this.#meanAbsolute += Math.max(SCALE_RATE, early) * (absolute - this.#meanAbsolute);
    this.#level += Math.min(1, weight * Math.max(this.#rate, early)) * Math.sign(residual) * absolute;
  }

  /** Goes on from another level, with the scale as it is or, where given, another. */
  rebase(level: number, scale: number = this.scale): void {
    this.#level = level;
    this.#meanAbsolute = scale / SD_OVER_MEAN_ABSOLUTE;
  }

  snapshot(): RobustLevelSnapshot {
    return { level: this.#level, meanAbsolute: this.#meanAbsolute, count: this.#count };
  }
}
