/**
 * Normal equations of a linear regression that rows are added to one by one, and that can be solved at any moment: the
 * first `n` rows' solution and that of the first `n + k` share all the work but `k` rows. A row costs O(p²), solving
 * O(p³) for p inputs.
 */
export class RidgeSystem {
  readonly #inputs: number;
  /** Lower triangle of XᵀX, row by row. */
  readonly #products: Float64Array;
  /** Xᵀy. */
  readonly #targets: Float64Array;
  #rows = 0;

  constructor(inputs: number) {
    this.#inputs = inputs;
    this.#products = new Float64Array(inputs * inputs);
    this.#targets = new Float64Array(inputs);
  }

  /** Rows added. */
  get rows(): number {
    return this.#rows;
  }

  add(row: Float64Array, target: number): void {
    const n = this.#inputs;
    const products = this.#products;
    const targets = this.#targets;
    for (let i = 0; i < n; i++) {
      const value = row[i] as number;
      if (value === 0) continue;
      targets[i] = (targets[i] as number) + value * target;
      const from = i * n;
      for (let j = 0; j <= i; j++) products[from + j] = (products[from + j] as number) + value * (row[j] as number);
    }
    this.#rows++;
  }

  /** Root mean square of each input. */
  rootMeanSquares(): Float64Array {
    const n = this.#inputs;
    return Float64Array.from({ length: n }, (_, i) => Math.sqrt((this.#products[i * n + i] as number) / this.#rows));
  }

  /** Sum of the squared residuals under given coefficients; `total` is the sum of the squared targets. */
  residual(coefficients: Float64Array, total: number): number {
    const n = this.#inputs;
    let sum = total;
    for (let i = 0; i < n; i++) {
      const c = coefficients[i] as number;
      sum -= 2 * c * (this.#targets[i] as number);
      for (let j = 0; j <= i; j++) {
        sum += (j === i ? 1 : 2) * c * (coefficients[j] as number) * (this.#products[i * n + j] as number);
      }
    }
    return Math.max(0, sum);
  }

  /**
   * Coefficients of the ridge regression whose penalty on each input is in proportion to its sum of squares: each
   * diagonal element is multiplied by `1 + penalty`. Inputs that never varied get 0.
   *
   * @param added what to add to each diagonal element besides, in the units of the sums of squares
   *
   * Source: Hoerl & Kennard, Ridge regression, Technometrics 12 (1970), eq. 2.1, on standardised inputs.
   */
  solve(penalty: number, added?: Float64Array): Float64Array {
    const n = this.#inputs;
    const l = this.#products.slice();
    const x = this.#targets.slice();
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = l[i * n + j] as number;
        if (i === j) sum += sum * penalty + (added?.[i] ?? 0);
        for (let k = 0; k < j; k++) sum -= (l[i * n + k] as number) * (l[j * n + k] as number);
        if (i === j) l[i * n + i] = sum > 0 ? Math.sqrt(sum) : Number.POSITIVE_INFINITY;
        else l[i * n + j] = sum / (l[j * n + j] as number);
      }
      let sum = x[i] as number;
      for (let k = 0; k < i; k++) sum -= (l[i * n + k] as number) * (x[k] as number);
      x[i] = sum / (l[i * n + i] as number);
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i] as number;
      for (let k = i + 1; k < n; k++) sum -= (l[k * n + i] as number) * (x[k] as number);
      x[i] = sum / (l[i * n + i] as number);
    }
    return x;
  }
}
