import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf, pages, ROOT } from './pages.ts';
import { runFile } from './run-program.ts';

const manifest = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));

/** Help of the command; a page may only name subcommands and flags that it names. */
let help = '';
beforeAll(async () => {
  help = await runFile('src/cli/main.ts', ['--help']);
});

/** Why a shell command of a page would not work as it stands; `undefined` where it would. */
function flaw(command: string): string | undefined {
  const [program, name, ...rest] = command.split(' ');
  switch (program) {
    case 'npm':
      if (name === 'ci') return undefined;
      if (name === 'install')
        return rest.every((to) => to === manifest.name || to in manifest.peerDependencies)
          ? undefined
          : `installs ${rest}`;
      return flawOfScript(name === 'run' ? rest[0] : name);
    case 'npx':
      return name !== undefined && name in manifest.bin ? flawOfArguments(rest) : `runs ${name}`;
    case 'node':
      return existsSync(new URL(name ?? '', ROOT)) ? undefined : `runs ${name}, which does not exist`;
    default:
      return `starts ${program}`;
  }
}

function flawOfScript(script = ''): string | undefined {
  return script in manifest.scripts ? undefined : `runs the script ${script}, which does not exist`;
}

function flawOfArguments(args: readonly string[]): string | undefined {
  const missing = args.filter((arg) => /^(--)?[a-z-]+$/.test(arg) && !help.includes(arg));
  return missing.length === 0 ? undefined : `says ${missing}, which the help does not know`;
}

const commandsOf = ({ text }: Block): string[] => text.trimEnd().split(/\n| && /);

describe.each(pages())('%s', (page) => {
  const blocks = blocksOf(page);

  it('has only blocks that the tests know how to check', () => {
    expect(blocks.filter(({ language }) => !['ts', 'text', 'sh'].includes(language))).toEqual([]);
  });

  it('shows only commands that exist', () => {
    const commands = blocks.filter(({ language }) => language === 'sh').flatMap(commandsOf);
    expect(commands.flatMap((command) => flaw(command) ?? [])).toEqual([]);
  });
});
