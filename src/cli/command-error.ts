/** What the command answers to its caller, as `--help` says. */
export const EXIT_CODES = {
  done: 0,
  /** The input cannot be read or has nothing to replay. */
  failed: 1,
  /** `--fail-on-anomaly` was given and there were anomalies. */
  anomalies: 2,
  /** `EX_USAGE` of sysexits.h. */
  usage: 64,
} as const;

/** An error that is told to the user in one line on stderr, and ends the command. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT_CODES.failed, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
