import { type ParseArgsConfig, parseArgs } from 'node:util';
import { CommandError, EXIT_CODES } from './command-error.ts';

/** Longest name of a service, as the library has it. */
const MAX_NAME = 256;

/** Options and other arguments of a command line. @throws CommandError for one that is not known */
export function parse<const O extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: O,
): ReturnType<typeof parseArgs<{ args: string[]; options: O; allowPositionals: true }>> {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (cause) {
    // Node's own sentence goes on with advice about positional arguments.
    const [sentence] = (cause as Error).message.split('. To specify');
    throw new CommandError((sentence as string).toLowerCase(), EXIT_CODES.usage, { cause });
  }
}

/** The one file that a command takes. @throws CommandError for none, and for more */
export function oneFile(command: string, positionals: readonly string[]): string {
  const [path, ...more] = positionals;
  if (path === undefined) throw usage(`${command} needs a file`);
  if (more.length > 0) throw usage(`${command} takes one file, got ${positionals.join(' ')}`);
  return path;
}

/** The option `--service`. @throws CommandError */
export function serviceName(name: string): string {
  if (name.length >= 1 && name.length <= MAX_NAME) return name;
  throw usage(`--service must have 1 to ${MAX_NAME} characters`);
}

/** An option that is a whole number. @throws CommandError */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max && text.trim() !== '') return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw usage(`${option} must be a whole number ${range}, got ${text}`);
}

/** An option that is one of some words. @throws CommandError */
export function oneOf<const T extends string>(option: string, text: string | undefined, choices: readonly T[]): T {
  const choice = choices.find((word) => word === text);
  if (choice !== undefined) return choice;
  throw usage(`${option} must be one of ${choices.join(', ')}, got ${text ?? 'none'}`);
}

/** That a command was not given as it has to be. */
export function usage(message: string): CommandError {
  return new CommandError(message, EXIT_CODES.usage);
}
