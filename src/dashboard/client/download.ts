import { type CsvTable, csvText } from './csv.ts';

/** Gives the browser a file to save. */
export function downloadCsv(name: string, table: CsvTable): void {
  const url = URL.createObjectURL(new Blob([csvText(table)], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 80)}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
