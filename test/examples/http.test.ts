import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { pageFilesPlugin } from '../../scripts/page-files.ts';
import { ROOT } from '../docs/pages.ts';

const root = fileURLToPath(ROOT);

/** The example as one module: the package from its source, everything else from where it is installed. */
async function moduleOf(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}examples/http/${name}`],
    plugins: [pageFilesPlugin()],
    alias: {
      '@streamgate/analytics/dashboard': `${root}src/dashboard/index.ts`,
      '@streamgate/analytics/http': `${root}src/http/index.ts`,
      '@streamgate/analytics': `${root}src/index.ts`,
    },
    external: ['express', 'fastify', 'hono', '@hono/*', 'zod', 'eventemitter3', 'simple-statistics'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function start(name: string, port: number): Promise<ChildProcess> {
  const module = await moduleOf(name);
  const env = { ...process.env, PORT: String(port) };
  const example = spawn(process.execPath, ['--input-type=module', '-'], {
    cwd: root,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  example.stdin?.end(module);
  await once(example.stdout as NodeJS.ReadableStream, 'data');
  return example;
}

it.each([
  ['node.ts', ''],
  ['express.ts', '/internal'],
  ['fastify.ts', '/internal'],
  ['hono.ts', '/internal'],
])('%s serves the API under "%s" beside its own routes, and ends when told', async (name, path) => {
  const port = await freePort();
  const example = await start(name, port);
  const ended = once(example, 'exit');
  try {
    const url = `http://127.0.0.1:${port}`;
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/check-server.mjs', url + path], {
      cwd: root,
    });
    expect(stdout).toBe('ok\n');
    if (path !== '') expect(await (await fetch(`${url}/hello`)).text()).toBe('hello');
  } finally {
    example.kill('SIGTERM');
  }
  expect(await ended).toEqual([0, null]);
});
