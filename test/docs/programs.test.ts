import { describe, expect, it } from 'vitest';
import { pages, programsOf } from './pages.ts';
import { runProgram } from './run-program.ts';

/** Separates what the blocks of one program print. */
const MARK = '<next block>';

describe.each(pages().filter((page) => programsOf(page).length > 0))('%s', (page) => {
  it.concurrent.each(programsOf(page))('$name prints what the page shows', async ({ blocks, outputs }) => {
    const code = blocks.map(({ text }) => text).join(`\nconsole.log(${JSON.stringify(MARK)});\n`);
    const printed = (await runProgram(code)).split(`${MARK}\n`);
    const shown = blocks.map(({ line }, i) => ({ line, prints: outputs[i] ?? '' }));
    expect(blocks.map(({ line }, i) => ({ line, prints: printed[i] }))).toEqual(shown);
  });
});
