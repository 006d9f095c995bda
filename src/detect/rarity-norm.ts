/**
 * Rarity, in decades, of what several views of one kind see: little more than the largest, since they see the same
 * thing. The 12th root of the sum of 12th powers; 8 to 20 served recorded series alike.
 */
export function family(a: number, b: number, c: number, d: number, e: number): number {
  const most = Math.max(a, b, c, d, e);
  if (most === 0) return 0;
  const sum = power12(a / most) + power12(b / most) + power12(c / most) + power12(d / most) + power12(e / most);
  return sum > 1 + LEAST ? most * sum ** (1 / 12) : most;
}

/** Less than this adds nothing that could be seen. */
const LEAST = 1e-12;

function power12(x: number): number {
  const x3 = x * x * x;
  const x6 = x3 * x3;
  return x6 * x6;
}
