import type { ImportReport } from './import.ts';
import { countText, instantText, wrap } from './text.ts';

/** What was learned, for people, and what could not be used. */
export function importText({
  samples,
  taken,
  series,
  rows,
  missing,
  unused,
  from,
  to,
}: Omit<ImportReport, 'request' | 'layout'>): string {
  const span = from === undefined || to === undefined ? '' : `, ${instantText(from)} to ${instantText(to)} UTC`;
  const lines = [
    `${countText(taken, 'sample')} of ${series.toLocaleString('en')} series learned from ${countText(rows, 'row')}${span}`,
  ];
  if (samples > taken)
    lines.push(`${countText(samples - taken, 'sample')} not newer than what was known of their series`);
  for (const { reason, count, firstLine } of unused) {
    lines.push(
      `${countText(count, 'row or cell').replace('row or cells', 'rows or cells')} not used: ${reason}, first in line ${firstLine}`,
    );
  }
  if (missing > 0) lines.push(countText(missing, 'empty cell'));
  return `${lines.map((line) => wrap(line, 0)).join('\n')}\n`;
}
