/** A table to take away: names of the columns, then rows. */
export type CsvTable = readonly (readonly (string | number | null | undefined)[])[];

/** Characters at the beginning of a text that make a spreadsheet take it for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** RFC 4180, with texts that no spreadsheet runs. */
export function csvText(table: CsvTable): string {
  return table.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** Gives the browser a file to save. */
export function downloadCsv(name: string, table: CsvTable): void {
  const url = URL.createObjectURL(new Blob([csvText(table)], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 80)}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}

/** An instant for a table. */
export function csvInstant(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '' : new Date(ms).toISOString();
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
