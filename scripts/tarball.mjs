import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));

/**
 * Builds and packs the package and installs the tarball into an empty folder outside the repository, as a user would,
 * beside a copy of the programs of `test/package/consumer`.
 *
 * @returns {{ tarball: string, consumer: string, remove: () => void }} both as absolute paths
 */
export function installPacked() {
  const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-'));
  const consumer = join(folder, 'consumer');
  const [packed] = JSON.parse(npm(['pack', '--loglevel=error', '--json', '--pack-destination', folder], repository));
  const tarball = join(folder, packed.filename);
  cpSync(join(repository, 'test/package/consumer'), consumer, { recursive: true });
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true }\n');
  npm(['install', '--loglevel=error', '--no-audit', '--no-fund', '--prefer-offline', tarball], consumer);
  return { tarball, consumer, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs npm and returns what it printed; its complaints go to the terminal. */
export function npm(args, cwd) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
