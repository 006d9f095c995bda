import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    readonly tarball: string;
    readonly consumer: string;
  }
}

/** What `package.json` says, as far as the tests ask. */
export interface Manifest {
  readonly version: string;
  readonly type: string;
  readonly sideEffects: boolean;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly main: string;
  readonly types: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** The folder that the tarball was installed into, with the programs of `consumer/`. */
const consumer: string = inject('consumer');

/** The installed package itself. */
export const installed: string = `${consumer}/node_modules/@streamgate/analytics`;

/** The repository. */
export const repository: string = new URL('../..', import.meta.url).pathname;

/** The installed package's manifest. */
export const manifest: Manifest = JSON.parse(readFileSync(`${installed}/package.json`, 'utf8'));

/**
 * Runs a command in the consumer's folder until it ends by itself and returns what it printed.
 *
 * @throws Error where it failed, or had to be killed after 20 s
 */
export function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, {
    cwd: consumer,
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
