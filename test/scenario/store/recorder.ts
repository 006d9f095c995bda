import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { pageFilesPlugin } from '../../../scripts/page-files.ts';
import { workerFilePlugin } from '../../../scripts/worker-file.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** How often each fault is tried: a few times in every run, often where `npm run test:faults` asks for it. */
export const ROUNDS = (few: number, many: number): number =>
  process.env['STREAMGATE_FAULTS'] === undefined ? few : many;

/** A folder with the library in one file, beside which programs run. */
export class Workshop {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'streamgate-analytics-store-'));

  #programs = 0;

  async build(): Promise<void> {
    await build({
      stdin: {
        contents: `export * from './src/index.ts'; export * from './src/sqlite/index.ts';`,
        resolveDir: repository,
        loader: 'ts',
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile: join(this.folder, 'analytics.mjs'),
      plugins: [pageFilesPlugin(), workerFilePlugin()],
      logLevel: 'error',
    });
  }

  /**
   * Puts a driver beside the programs that does what libsql does, but what `FAULT` says at the statement that contains
   * `FAULT_AT`, with `FAULT_VALUE` as its first value where that is set, when it comes for the time `FAULT_TIME`: `kill` the
   * process, `exit` the thread, be `full`, or `slow`.
   */
  addFaultyDriver(): void {
    const folder = join(this.folder, 'node_modules', 'better-sqlite3');
    mkdirSync(folder, { recursive: true });
    const libsql = createRequire(import.meta.url).resolve('libsql');
    writeFileSync(
      join(folder, 'index.js'),
      `
      const Real = require(${JSON.stringify(libsql)});
      const { FAULT, FAULT_AT = '-', FAULT_VALUE, FAULT_TIME = '1', FAULT_TIMES = '1' } = process.env;
      let times = 0;
      const meet = (sql, first) => {
        if (!sql.includes(FAULT_AT) || (FAULT_VALUE !== undefined && first !== FAULT_VALUE)) return;
        times++;
        if (times < Number(FAULT_TIME) || times >= Number(FAULT_TIME) + Number(FAULT_TIMES)) return;
        if (FAULT === 'kill') process.kill(process.pid, 'SIGKILL');
        if (FAULT === 'exit') process.exit(1);
        if (FAULT === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
        if (FAULT === 'full') throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
      };
      const views = (row) => {
        for (const name of ['bytes', 'value']) if (row?.[name] instanceof ArrayBuffer) row[name] = Buffer.from(row[name]);
        return row;
      };
      module.exports = class Database {
        constructor(...given) { this.real = new Real(...given); }
        exec(sql) { meet(sql); return this.real.exec(sql); }
        close() { this.real.close(); }
        prepare(sql) {
          const statement = this.real.prepare(sql);
          return {
            run: (...values) => { meet(sql, values[0]); return statement.run(...values); },
            get: (...values) => views(statement.get(...values)),
            all: (...values) => statement.all(...values).map(views),
          };
        }
      };
      `,
    );
  }

  /** Starts `program`, an ES module that may import `./analytics.mjs`, in a process of its own. */
  start(program: string, env: Record<string, string>, uid?: number): Program {
    const main = join(this.folder, `main-${this.#programs++}.mjs`);
    writeFileSync(main, program);
    // Where node_modules are, for the driver.
    const options = { cwd: repository, env: { ...process.env, ...env }, ...(uid === undefined ? undefined : { uid }) };
    return new Program(spawn(process.execPath, [main], options));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A process that says one thing a line. */
export class Program {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #out = '';
  #errors = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#exit = once(child, 'close');
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  /** What it has said so far, in whole lines. */
  get lines(): string[] {
    return this.#out.split('\n').slice(0, -1);
  }

  get errors(): string {
    return this.#errors;
  }

  /** Resolves when it has said a line that begins with `word`; with that line. */
  async said(word: string): Promise<string> {
    while (true) {
      const line = this.lines.find((each) => each.startsWith(word));
      if (line !== undefined) return line;
      const next = await Promise.race([
        once(this.#child.stdout as NonNullable<ChildProcess['stdout']>, 'data'),
        this.#exit,
      ]);
      if (this.#child.exitCode !== null && this.lines.every((each) => !each.startsWith(word))) {
        throw new Error(`program must say ${word}, got its end ${String(next)}: ${this.#errors}`);
      }
    }
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async ended(): Promise<number | null> {
    await this.#exit;
    return this.#child.exitCode;
  }
}
