import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blocksOf, pages, pageText, programsOf, ROOT } from './pages.ts';

describe('README', () => {
  const commands = blocksOf('README.md')
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text.trim());

  it('begins with the command that shows the product at work', () => {
    expect(commands[0]).toBe('npm ci && npm start');
  });

  it('says that the tests are run by npm test', () => {
    expect(commands).toContain('npm test');
  });

  it('has a quick start of at most 15 lines that shows what it prints', () => {
    const [quickStart] = programsOf('README.md');
    expect(quickStart?.blocks[0]?.text.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
    expect(quickStart?.outputs[0]).toMatch(/\S/);
  });
});

/** Where a heading of a page is linked to: in lower case, without punctuation, with hyphens for blanks. */
function anchorsOf(page: string): string[] {
  const headings = pageText(page).matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(pages())('%s', (page) => {
  it('links to pages and headings that exist', () => {
    const prose = pageText(page).replace(/^```[\s\S]*?^```$/gm, '');
    const targets = [...prose.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
    const broken = targets.filter((target) => {
      if (target.startsWith('https://')) return false;
      const url = new URL(target, new URL(page, ROOT));
      const anchor = url.hash.slice(1);
      url.hash = '';
      if (!existsSync(url)) return true;
      return anchor !== '' && !anchorsOf(url.href.slice(ROOT.href.length)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});
