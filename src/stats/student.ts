/**
 * The normal deviation with about the same tail probability as Student's `t` with `degrees` of freedom: what a
 * deviation is worth when the scale it was divided by is itself an estimate from few values. Always a little smaller
 * than `t`, and close to it from 200 degrees on, up to `t` = 5.
 *
 * @see Wallace, "Bounds on normal approximations to Student's and the chi-square distributions", Annals of
 * Mathematical Statistics 30, 1959; the relative error of the deviation is below 1 % from 5 degrees of freedom on.
 */
export function normalFromStudent(t: number, degrees: number): number {
  const root = t / Math.sqrt(degrees);
  // ln(1 + x²) for an x whose square would overflow is 2 ln x.
  const log = Math.abs(root) < 1e150 ? Math.log1p(root * root) : 2 * Math.log(Math.abs(root));
  return (Math.sign(t) * (8 * degrees + 1) * Math.sqrt(degrees * log)) / (8 * degrees + 3);
}

/** The `t` that {@link normalFromStudent} makes `deviation` of; infinite where that cannot be written in a double. */
export function studentFromNormal(deviation: number, degrees: number): number {
  const scaled = (deviation * (8 * degrees + 3)) / (8 * degrees + 1);
  return Math.sign(scaled) * Math.sqrt(degrees * Math.expm1((scaled * scaled) / degrees));
}
