import { describe, expect, it } from 'vitest';
import { manifest, repository, run } from './packed.ts';

describe('the installed package', () => {
  it.each(['import.mjs', 'require.cjs'])('works where a program says %s', (program) => {
    expect(run('node', program)).toBe('ok\n');
  });

  it('may be imported and required in one process', () => {
    expect(run('node', 'import-and-require.mjs')).toBe('ok\n');
  });

  it('lets a process that only creates a Service exit by itself', () => {
    expect(run('node', 'idle.mjs')).toBe('created\n');
  });

  it('offers its package.json', () => {
    const program = `console.log(require('@streamgate/analytics/package.json').version)`;
    expect(run('node', '--eval', program)).toBe(`${manifest.version}\n`);
  });

  it('keeps its inside to itself', () => {
    const program = `import('@streamgate/analytics/dist/index.js').catch((error) => console.log(error.code))`;
    expect(run('node', '--eval', program)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });

  it.each([
    ['imported', `import('@streamgate/analytics/http')`],
    ['required', `Promise.resolve(require('@streamgate/analytics/http'))`],
  ])('says what to install where the packages behind the HTTP API are missing: %s', (_, load) => {
    const program = `
      const { Service } = require('@streamgate/analytics');
      ${load}
        .then(({ createHandler }) => createHandler(new Service()).ready)
        .catch(({ code, message }) => console.log(code, message));`;
    expect(run('node', '--eval', program)).toMatch(
      /^ERR_MISSING_PEER .*run npm install hono @hono\/zod-openapi zod\n$/,
    );
  });

  it.each([
    ['imported', `import('@streamgate/analytics/export')`],
    ['required', `Promise.resolve(require('@streamgate/analytics/export'))`],
  ])('writes CSV as it is, and says what to install for Parquet: %s', (_, load) => {
    const program = `
      const { Service } = require('@streamgate/analytics');
      (async () => {
        const { exportCsv, exportParquet } = await ${load};
        for await (const chunk of exportCsv(new Service(), { what: 'anomalies' })) console.log(chunk.length > 0);
        await exportParquet([], { what: 'anomalies' }).getReader().read();
      })().catch(({ code, message }) => console.log(code, message));`;
    expect(run('node', '--eval', program)).toMatch(/^true\nERR_MISSING_PEER .*run npm install hyparquet-writer\n$/);
  });

  it('has a command that explains itself', () => {
    expect(run('npx', '--no-install', 'streamgate-analytics', '--help')).toMatch(/replay[\s\S]*demo|demo[\s\S]*replay/);
  });

  it('compiles in strict TypeScript, as ES module and as CommonJS, with its declarations checked too', () => {
    const tsc = `${repository}/node_modules/typescript/bin/tsc`;
    expect(run('node', tsc, '--project', '.', '--typeRoots', `${repository}/node_modules/@types`)).toBe('');
  });
});
