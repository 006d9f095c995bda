import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { command, jsonLines } from './command.ts';

/** Folder with `nab/data`, the 58 files of the Numenta Anomaly Benchmark. */
const DATA = process.env['STREAMGATE_DATA'];

describe('replay of real recordings', () => {
  it.skipIf(DATA === undefined)(
    'takes every row of the Numenta Anomaly Benchmark (skipped unless STREAMGATE_DATA names the folder that holds nab/)',
    { timeout: 600_000 },
    async () => {
      const root = join(DATA as string, 'nab', 'data');
      const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.csv'));
      expect(files).toHaveLength(58);
      for (const file of files) {
        const { code, stdout, stderr } = await command(['replay', join(root, file), '--json']);
        expect({ file, code, stderr }).toEqual({ file, code: 0, stderr: '' });
        const summary = jsonLines(stdout).at(-1);
        expect(summary).toMatchObject({ samples: summary?.['rows'], missing: 0, stats: { rejected: {}, dropped: 0 } });
      }
    },
  );
});
