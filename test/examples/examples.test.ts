import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../docs/pages.ts';
import { runProgram } from '../docs/run-program.ts';

const FOLDER = new URL('examples/', ROOT);
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));

/** Each example ends with a comment that holds what it prints. */
const PRINTS = /\n\/\* prints\n([\s\S]*)\*\/\n$/;

it('there are at least six examples', () => {
  expect(NAMES.length).toBeGreaterThanOrEqual(6);
});

describe.each(NAMES)('%s', (name) => {
  const code = readFileSync(new URL(name, FOLDER), 'utf8');

  it('has at most 60 lines and needs nothing but the package and Node', () => {
    expect(code.split('\n').length - 1).toBeLessThanOrEqual(60);
    const imported = [...code.matchAll(/ from '([^']+)'/g)].map(([, from]) => from);
    expect(imported).toContain('@streamgate/analytics');
    expect(imported.filter((from) => !/^(node:|@streamgate\/analytics(\/|$))/.test(from ?? ''))).toEqual([]);
  });

  it('prints what it says', async () => {
    expect(await runProgram(code)).toBe(PRINTS.exec(code)?.[1]);
  });
});
