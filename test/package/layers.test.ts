import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from './packed.ts';

let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'streamgate-analytics-layers-'));
  for (const path of ['biome.json', '.gitignore', 'scripts']) {
    cpSync(join(repository, path), join(copy, path), { recursive: true });
  }
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

const RULES = ['noRestrictedImports', 'noRestrictedGlobals', 'noImportCycles', 'noBarrelFile', 'plugin'] as const;

/** The rules of this project that Biome sees broken by files of these texts, each rule once. */
function broken(files: Readonly<Record<string, string>>): string[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), `${text}\n`);
  }
  const only = RULES.map((rule) => `--only=${rule}`);
  const biome = join(repository, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--colors=off', ...only, ...Object.keys(files)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
  const output = stdout + stderr;
  for (const path of Object.keys(files)) rmSync(join(copy, path));
  expect(output).toContain('Checked');
  return RULES.filter((rule) => new RegExp(`^\\S+:\\d+:\\d+ (lint/\\w+/)?${rule}\\b`, 'm').test(output));
}

describe('the layer rule', () => {
  it.each([
    ['model/a.ts', '../clock.ts'],
    ['model/a.ts', 'simple-statistics'],
    ['errors.ts', './model/period.ts'],
    ['clock.ts', './errors.ts'],
    ['stats/a.ts', '../model/period.ts'],
    ['stats/a.ts', '../clock.ts'],
    ['stats/a.ts', 'eventemitter3'],
    ['collect/a.ts', '../aggregate/aggregator.ts'],
    ['collect/a.ts', '../service.ts'],
    ['collect/a.ts', 'simple-statistics'],
    ['aggregate/a.ts', '../collect/collector.ts'],
    ['keep/a.ts', '../sqlite/sqlite-store.ts'],
    ['keep/a.ts', '../service.ts'],
    ['sqlite/a.ts', '../service.ts'],
    ['sqlite/a.ts', '../detect/anomaly-detector.ts'],
    ['aggregate/a.ts', 'node:fs'],
    ['detect/a.ts', '../predict/predictor.ts'],
    ['detect/a.ts', 'eventemitter3'],
    ['predict/a.ts', '../detect/anomaly-detector.ts'],
    ['predict/a.ts', '../index.ts'],
    ['store/a.ts', '../aggregate/aggregator.ts'],
    ['export/a.ts', '../service.ts'],
    ['export/a.ts', '../aggregate/aggregator.ts'],
    ['service.ts', './cli/main.ts'],
    ['service.ts', './http/handler.ts'],
    ['cli/a.ts', '../detect/anomaly-detector.ts'],
    ['cli/a.ts', '../stats/quantile-sketch.ts'],
    ['http/a.ts', '../dashboard/page.ts'],
    ['dashboard/a.ts', '../http/page.ts'],
    ['dashboard/client/a.ts', '../views.ts'],
    ['dashboard/client/a.ts', '../../service.ts'],
    ['cli/a.ts', '../dashboard/views.ts'],
    ['fleet/a.ts', '../aggregate/merging.ts'],
    ['fleet/a.ts', '../service.ts'],
    ['fleet/a.ts', '../export/csv.ts'],
  ])('forbids src/%s to import %s, as a value and as a type', (path, name) => {
    expect(broken({ [`src/${path}`]: `import { a } from '${name}';` })).toEqual(['noRestrictedImports']);
    expect(broken({ [`src/${path}`]: `import type { A } from '${name}';` })).toEqual(['noRestrictedImports']);
  });

  it.each([
    ['model/a.ts', './period.ts'],
    ['stats/a.ts', 'simple-statistics'],
    ['stats/a.ts', '../errors.ts'],
    ['collect/a.ts', '../model/records.ts'],
    ['aggregate/a.ts', '../stats/quantile-sketch.ts'],
    ['detect/a.ts', '../clock.ts'],
    ['predict/a.ts', 'simple-statistics'],
    ['service.ts', './aggregate/aggregator.ts'],
    ['service.ts', 'eventemitter3'],
    ['cli/a.ts', '../service.ts'],
    ['cli/a.ts', '../dashboard/index.ts'],
    ['cli/a.ts', '../http/index.ts'],
    ['dashboard/client/a.ts', '../page-data.ts'],
    ['dashboard/client/a.ts', '../../model/period.ts'],
    ['cli/a.ts', 'node:fs'],
    ['http/a.ts', '../index.ts'],
    ['http/a.ts', '../export/csv.ts'],
    ['cli/a.ts', '../export/csv.ts'],
    ['export/a.ts', '../clock.ts'],
    ['export/a.ts', 'hyparquet-writer'],
    ['fleet/a.ts', '../aggregate/aggregator.ts'],
    ['fleet/a.ts', 'node:worker_threads'],
  ])('lets src/%s import %s', (path, name) => {
    expect(broken({ [`src/${path}`]: `import { a } from '${name}';` })).toEqual([]);
  });

  it('forbids cycles, of types too', () => {
    const files = {
      'src/model/a.ts': `import type { B } from './b.ts';\nexport interface A { readonly b: B }`,
      'src/model/b.ts': `import type { A } from './a.ts';\nexport interface B { readonly a: A }`,
    };
    expect(broken(files)).toEqual(['noImportCycles']);
  });

  it('sees no way around it through types that are imported where they are used', () => {
    const text = `export type A = import('../predict/predictor.ts').Predictor;`;
    expect(broken({ 'src/detect/a.ts': text })).toEqual(['plugin']);
  });

  it('forbids barrels', () => {
    expect(broken({ 'src/model/index.ts': `export { a } from './a.ts';` })).toEqual(['noBarrelFile']);
  });
});

describe('the clock', () => {
  it.each(['Date.now()', 'new Date()', 'Math.random()'])('is the only place for %s', (call) => {
    const text = `export const a = (): unknown => ${call};`;
    expect(broken({ 'src/detect/a.ts': text })).toEqual(['plugin']);
    expect(broken({ 'src/clock.ts': text, 'src/cli/a.ts': text })).toEqual([]);
  });

  it.each(['setTimeout(() => {}, 1)', 'setInterval(() => {}, 1)', 'performance.now()'])(
    'is the only place for %s',
    (call) => {
      const text = `export const a = (): unknown => ${call};`;
      expect(broken({ 'src/service.ts': text })).toEqual(['noRestrictedGlobals']);
      expect(broken({ 'src/clock.ts': text, 'src/cli/a.ts': text })).toEqual([]);
    },
  );

  it('is not needed to turn a given instant into a date', () => {
    expect(
      broken({ 'src/detect/a.ts': 'export const a = (ms: number): string => new Date(ms).toISOString();' }),
    ).toEqual([]);
  });
});
