import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { installed, manifest, repository } from './packed.ts';

/** Every file that a conditional export names. */
function targets(entry: unknown): string[] {
  return typeof entry === 'string' ? [entry] : Object.values(entry as object).flatMap(targets);
}

/** Names of the packages and built-ins that a built file imports or requires; relative ones left out. */
function importedBy(file: string): string[] {
  const code = readFileSync(join(installed, file), 'utf8');
  const found = code.matchAll(
    /(?:^import .*?from |^import |^export .*?from |\brequire\(|\bimport\()["']([^."'][^"']*)["'](?! \+)/gm,
  );
  return [...new Set(Array.from(found, ([, name]) => name as string))].sort();
}

describe('the packed package', () => {
  it('has exactly two dependencies', () => {
    expect(Object.keys(manifest.dependencies)).toEqual(['eventemitter3', 'simple-statistics']);
    const peers = manifest.peerDependencies ?? {};
    expect(Object.keys(peers)).toEqual([
      '@hono/zod-openapi',
      'better-sqlite3',
      'hono',
      'hyparquet',
      'hyparquet-writer',
      'libsql',
      'zod',
    ]);
    // Nobody who does not use the HTTP API, the store or the export to Parquet is asked for them.
    expect(Object.keys(peers).filter((name) => manifest.peerDependenciesMeta?.[name]?.optional !== true)).toEqual([]);
    expect(manifest.optionalDependencies ?? {}).toEqual({});
  });

  it('brings its two dependencies and nothing else into an empty folder', () => {
    const modules = join(installed, '../..');
    const names = readdirSync(modules).filter((name) => !name.startsWith('.'));
    expect(names.sort()).toEqual(['@streamgate', 'eventemitter3', 'simple-statistics']);
  });

  it('holds dist, README, CHANGELOG, LICENSE and package.json, and nothing else', () => {
    const listed = execFileSync('tar', ['-tzf', inject('tarball')], { encoding: 'utf8' })
      .trim()
      .split('\n');
    const top = new Set(listed.map((path) => path.split('/')[1]));
    expect([...top].sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json']);
    const kinds = new Set(listed.filter((path) => path.includes('/dist/')).map((path) => path.replace(/^[^.]*/, '')));
    expect([...kinds].sort()).toEqual(['.cjs', '.d.cts', '.d.ts', '.js']);
  });

  it('holds every file that package.json names', () => {
    const named = [manifest.main, manifest.types, ...Object.values(manifest.bin), ...targets(manifest.exports)];
    expect(named.filter((path) => !existsSync(join(installed, path)))).toEqual([]);
  });

  it('declares ES modules without side effects', () => {
    expect(manifest.type).toBe('module');
    expect(manifest.sideEffects).toBe(false);
  });

  it('bundles neither dependency into the library, and imports nothing but them and, each in one place, the peers', () => {
    const chunks = readdirSync(join(installed, 'dist')).filter((file) => file.endsWith('.js') && file !== 'cli.js');
    const required = readdirSync(join(installed, 'dist')).filter((file) => file.endsWith('.cjs'));
    for (const files of [chunks, required]) {
      const imported = new Set(files.flatMap((file) => importedBy(`dist/${file}`)));
      const foreign = [...imported].filter((name) => !isBuiltin(name));
      expect(foreign.sort()).toEqual([
        '@hono/zod-openapi',
        'eventemitter3',
        'hono/etag',
        'hyparquet',
        'hyparquet-writer',
        'simple-statistics',
      ]);
      const withPeers = files.filter((file) => importedBy(`dist/${file}`).some((name) => /hono|zod/.test(name)));
      expect(withPeers.map((file) => file.replace(/-.*/, ''))).toEqual(['api']);
    }
  });

  it('has a command that starts with a shebang and imports only Node itself and the library', () => {
    expect(readFileSync(join(installed, 'dist/cli.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(importedBy('dist/cli.js').filter((name) => !isBuiltin(name))).toEqual([]);
  });
});

describe('README.md', () => {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8');

  it.each(['npm install @streamgate/analytics', 'npm ci && npm start', 'npm test'])(
    'names the command %s',
    (command) => {
      expect(readme).toContain(command);
    },
  );
});
