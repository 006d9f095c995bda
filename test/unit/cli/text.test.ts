import { describe, expect, it } from 'vitest';
import { ProgressBar } from '../../../src/cli/progress-bar.ts';
import { durationText, numberText, type Output, paintFor, percentText, table, wrap } from '../../../src/cli/text.ts';

const output = (more: Partial<Output> = {}): Output & { readonly written: string[] } => {
  const written: string[] = [];
  return { written, write: (text) => written.push(text), ...more };
};

describe('printed text', () => {
  it('shows a missing number as missing, not as 0', () => {
    expect([numberText(undefined), numberText(Number.NaN), percentText(undefined)]).toEqual(['–', '–', '–']);
  });

  it('shows four digits of a number, and all that stand before the point', () => {
    expect([0.123456, 98.765, 1234.5, 123456.7, -0.00012346].map((value) => numberText(value))).toEqual([
      '0.1235',
      '98.77',
      '1235',
      '123457',
      '-0.0001235',
    ]);
  });

  it('shows durations in their largest unit', () => {
    expect([250, 4100, 90_000, 12_600_000, 86_400_000].map(durationText)).toEqual([
      '250 ms',
      '4.1 s',
      '1.5 min',
      '3.5 h',
      '1 d',
    ]);
  });

  it('aligns text to the left and numbers to the right', () => {
    const columns = ['name', { number: 'n' }];
    expect(
      table(columns, [
        ['a', '1'],
        ['long', '100'],
      ]),
    ).toBe(['  name    n', '  a       1', '  long  100'].join('\n'));
  });

  it('stays within 100 columns, whatever it holds', () => {
    const wide = table(['a', { number: 'n' }], [['x'.repeat(300), '12']]);
    const wrapped = `${' '.repeat(20)}${wrap('word '.repeat(60).trim(), 20)}`;
    for (const line of `${wide}\n${wrapped}`.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(wide).toContain('…  12');
  });

  it('has colour on a terminal that shows it, and nowhere else', () => {
    expect(paintFor(output())('red', 'x')).toBe('x');
    expect(paintFor(output({ isTTY: true, hasColors: () => false }))('red', 'x')).toBe('x');
    expect(paintFor(output({ isTTY: true, hasColors: () => true }))('red', 'x')).toBe('\u001b[31mx\u001b[39m');
  });
});

describe('the progress bar', () => {
  it('shows the share on a terminal and goes away', () => {
    const terminal = output({ isTTY: true });
    const bar = new ProgressBar(terminal, 200);
    bar.update(100, '7 rows');
    bar.clear();
    expect(terminal.written).toEqual([`\r\u001b[K${'█'.repeat(15)}${'░'.repeat(15)}  50 %  7 rows`, '\r\u001b[K']);
  });

  it('shows a count alone where the whole is unknown', () => {
    const terminal = output({ isTTY: true });
    new ProgressBar(terminal, undefined).update(100, '7 rows');
    expect(terminal.written).toEqual(['\r\u001b[K7 rows']);
  });

  it('writes nothing into a pipe', () => {
    const pipe = output();
    const bar = new ProgressBar(pipe, 200);
    bar.update(100, '');
    bar.clear();
    expect(pipe.written).toEqual([]);
  });
});
