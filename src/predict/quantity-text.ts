/** Three significant digits, with the unit; ratios as percent. */
export function quantityText(value: number, unit: string | undefined): string {
  if (unit === 'ratio') return `${threeDigits(value * 100)} %`;
  if (unit === undefined) return threeDigits(value);
  return unit.startsWith('/') ? `${threeDigits(value)}${unit}` : `${threeDigits(value)} ${unit}`;
}

/** A metric's name in a sentence. */
export function metricWords(metricName: string): string {
  return metricName.replaceAll('_', ' ').replace(/^cpu /, 'CPU ');
}

function threeDigits(value: number): string {
  return Math.abs(value) >= 100 && Math.abs(value) < 1e15
    ? String(Math.round(value))
    : String(Number(value.toPrecision(3)));
}
