import { readdirSync, readFileSync } from 'node:fs';

/** Folder of the repository. */
export const ROOT: URL = new URL('../../', import.meta.url);

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** Line of the page on which the text begins, counted from 1. */
  readonly line: number;
}

/** Blocks that run together: one that imports this package begins a program, those after it go on with it. */
export interface Program {
  /** Page and line, such as `docs/units.md:12`. */
  readonly name: string;
  readonly blocks: readonly Block[];
  /** What each block prints, from the `text` block right behind it; `undefined` where there is none. */
  readonly outputs: readonly (string | undefined)[];
}

/** The pages that users read, by path. */
export function pages(): string[] {
  const inFolder = (folder: string): string[] => {
    const names = readdirSync(new URL(folder, ROOT)).filter((name) => name.endsWith('.md'));
    return names.sort().map((name) => `${folder}/${name}`);
  };
  return ['README.md', 'CHANGELOG.md', ...inFolder('docs'), ...inFolder('docs/explanation')];
}

/** Text of a page. */
export function pageText(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | undefined;
  for (const [index, line] of pageText(page).split('\n').entries()) {
    if (!line.startsWith('```')) {
      open?.lines.push(line);
    } else if (open === undefined) {
      open = { language: line.slice(3), line: index + 2, lines: [] };
    } else {
      blocks.push({ language: open.language, line: open.line, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${page}:${open.line} must be closed by a fence`);
  return blocks;
}

const STARTS_PROGRAM = /^import .* from '@streamgate\/analytics';$/m;

/** The programs of a page, in order. */
export function programsOf(page: string): Program[] {
  const programs: { name: string; blocks: Block[]; outputs: (string | undefined)[] }[] = [];
  let previous: Block | undefined;
  for (const block of blocksOf(page)) {
    const program = programs.at(-1);
    if (block.language === 'ts') {
      if (STARTS_PROGRAM.test(block.text)) {
        programs.push({ name: `${page}:${block.line}`, blocks: [block], outputs: [undefined] });
      } else if (program !== undefined) {
        program.blocks.push(block);
        program.outputs.push(undefined);
      } else {
        throw new Error(`${page}:${block.line} must follow a block that imports the package`);
      }
    } else if (block.language === 'text') {
      if (previous?.language !== 'ts' || program === undefined) {
        throw new Error(`${page}:${block.line} must follow the block that prints it`);
      }
      program.outputs[program.outputs.length - 1] = block.text;
    }
    previous = block;
  }
  return programs;
}
