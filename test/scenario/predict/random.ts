/** Seeded random numbers for simulated series: the same in every run. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1): Steele & Vigna's splitmix32. */
  uniform(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  }

  /** Standard normal: Box & Muller. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** A random walk with steps of standard deviation 1. */
export function randomWalk(length: number, random: Random): number[] {
  let value = 0;
  return Array.from({ length }, () => {
    value += random.normal();
    return value;
  });
}

/** An autoregression around 50: each value keeps `phi` of the distance of the one before. */
export function autoregression(length: number, phi: number, random: Random): number[] {
  let distance = 0;
  return Array.from({ length }, () => {
    distance = phi * distance + random.normal();
    return 50 + distance;
  });
}

/** A course that repeats every `season` values, with noise. */
export function seasonal(length: number, season: number, random: Random): number[] {
  return Array.from({ length }, (_, i) => 100 + 30 * Math.sin((2 * Math.PI * i) / season) + 2 * random.normal());
}

/** A straight rise with noise. */
export function trend(length: number, perStep: number, random: Random): number[] {
  return Array.from({ length }, (_, i) => 10 + perStep * i + random.normal());
}
