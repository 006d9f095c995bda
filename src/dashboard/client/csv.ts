/** A table to take away: names of the columns, then rows. */
export type CsvTable = readonly (readonly (string | number | null | undefined)[])[];

/** Characters at the beginning of a text that make a spreadsheet take it for a formula, in either width. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

/** RFC 4180, with texts that no spreadsheet runs. */
export function csvText(table: CsvTable): string {
  return table.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
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
