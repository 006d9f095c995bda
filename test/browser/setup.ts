import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the browser. */
    readonly chromium: string;
  }
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Finds a Chromium; installs one where there is none and whoever runs the tests may. */
export function setup(project: TestProject): void {
  project.provide('chromium', installed() ?? install());
}

function installed(): string | undefined {
  const named = process.env['CHROMIUM'];
  if (named !== undefined) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

function install(): string {
  if (process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
    process.stderr.write('no Chromium for the tests of the page: installing it with apt-get\n');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args: string[]): number | null => spawnSync('apt-get', args, { env, stdio: 'inherit' }).status;
    apt('update', '-q');
    if (apt('install', '-y', '-q', '--no-install-recommends', 'chromium', 'fonts-dejavu-core') === 0) {
      const path = installed();
      if (path !== undefined) return path;
    }
  }
  throw new Error(
    'the tests of the page need Chromium: install it (Debian: apt-get install chromium) or name it in the environment variable CHROMIUM',
  );
}
