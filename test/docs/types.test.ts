import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { pages, programsOf, ROOT } from './pages.ts';

const root = fileURLToPath(ROOT);

/** The compiler's options of this repository, less what only matters for a library or for long-lived code. */
function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return {
    ...options,
    declaration: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
}

/** What the compiler says about programs that exist in memory only, as `page:line +line in the program: message`. */
function diagnose(sources: ReadonlyMap<string, { readonly text: string; readonly name: string }>): string[] {
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.readFile = (path) => sources.get(path)?.text ?? readFile(path);
  host.getSourceFile = (path, target, ...rest) => {
    const text = sources.get(path)?.text;
    return text === undefined ? getSourceFile(path, target, ...rest) : ts.createSourceFile(path, text, target);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources].flatMap(([path, { name }]) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(path)).map(({ file, start = 0, messageText }) => {
      const line = file === undefined ? 0 : ts.getLineAndCharacterOfPosition(file, start).line;
      return `${name} +${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    }),
  );
}

it('every program of the pages compiles under strict options', () => {
  const programs = pages().flatMap(programsOf);
  const sources = new Map(
    programs.map(({ name, blocks }, i) => {
      const text = `${blocks.map((block) => block.text).join('\n')}\nexport {};\n`;
      return [`${root}test/docs/program-${i}.ts`, { name, text }];
    }),
  );
  expect(diagnose(sources)).toEqual([]);
});
