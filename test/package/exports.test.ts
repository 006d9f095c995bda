import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { installed, repository, run } from './packed.ts';

/** Names by entry. */
const golden: Readonly<Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }>> =
  JSON.parse(readFileSync(`${repository}/test/package/exports.json`, 'utf8'));

const ENTRIES = Object.entries(golden).map(([entry, names]) => {
  const specifier = `@streamgate/analytics${entry.slice(1)}`;
  return { specifier, file: entry === '.' ? 'index' : entry.slice(2), ...names };
});

/** Names that a declaration file exports. */
function declared(file: string): string[] {
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
    typeRoots: [`${repository}/node_modules/@types`],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const symbol = source && checker.getSymbolAtLocation(source);
  return symbol === undefined
    ? []
    : checker
        .getExportsOfModule(symbol)
        .map((name) => name.name)
        .sort();
}

describe.each(ENTRIES)('the exported names of $specifier', ({ specifier, file, values, types }) => {
  it('are the values of exports.json where it is imported', () => {
    const program = `import('${specifier}').then((module) => console.log(JSON.stringify(Object.keys(module))))`;
    expect(JSON.parse(run('node', '--eval', program)).sort()).toEqual(values);
  });

  it('are the same values where it is required', () => {
    const program = `console.log(JSON.stringify(Object.keys(require('${specifier}'))))`;
    expect(JSON.parse(run('node', '--eval', program)).sort()).toEqual(values);
  });

  it.each(['d.ts', 'd.cts'])('are the values and types of exports.json in its .%s', (extension) => {
    expect(declared(`${installed}/dist/${file}.${extension}`)).toEqual([...values, ...types].sort());
  });
});
