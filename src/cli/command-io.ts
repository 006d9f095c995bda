import type { Readable } from 'node:stream';
import type { Output } from './text.ts';

/** What a command reads and writes. */
export interface CommandIo {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  /** From its call on an interruption (Ctrl-C) fires the signal instead of ending the process. */
  interruption?(): AbortSignal;
}
