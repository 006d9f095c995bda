import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { installed, repository, run } from './packed.ts';

const golden: { readonly values: readonly string[]; readonly types: readonly string[] } = JSON.parse(
  readFileSync(`${repository}/test/package/exports.json`, 'utf8'),
);

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

describe('the exported names', () => {
  it('are the values of exports.json where the package is imported', () => {
    const program = `import('@streamgate/analytics').then((module) => console.log(JSON.stringify(Object.keys(module))))`;
    expect(JSON.parse(run('node', '--eval', program)).sort()).toEqual(golden.values);
  });

  it('are the same values where the package is required', () => {
    const program = `console.log(JSON.stringify(Object.keys(require('@streamgate/analytics'))))`;
    expect(JSON.parse(run('node', '--eval', program)).sort()).toEqual(golden.values);
  });

  it.each(['index.d.ts', 'index.d.cts'])('are the values and types of exports.json in %s', (file) => {
    expect(declared(`${installed}/dist/${file}`)).toEqual([...golden.values, ...golden.types].sort());
  });
});
