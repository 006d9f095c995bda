import { describe, expect, it } from 'vitest';
import { command, jsonLines, temporaryFile } from './command.ts';

/** Three weeks of hours with a course of the day; two hours are missing. */
function hours(): string {
  const rows = Array.from({ length: 24 * 21 }, (_, i) => {
    const value = 100 + 40 * Math.sin((i * Math.PI) / 12) + 3 * Math.sin(i * i);
    return `${new Date(Date.UTC(2026, 0, 1) + i * 3_600_000).toISOString()},${value.toFixed(3)},${i % 7}`;
  });
  rows.splice(50, 2);
  return `time,requests,errors\n${rows.join('\n')}\n`;
}

describe('backtest', () => {
  it('prints a table, the best model first, beside the last season', async () => {
    const path = temporaryFile('shop.csv', hours());
    const args = ['backtest', path, '--metric', 'requests', '--models', 'linear,lag-ridge', '--origins', '3'];
    const { code, stdout, stderr } = await command(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('step        1 h\n');
    expect(stdout).toContain('504 values, 2 missing; season 1 d; 24 steps (1 d) ahead from 3 origins');
    const models = stdout.match(/^ {2}(lag-ridge|seasonal-naive|linear) /gm)?.map((line) => line.trim());
    expect(models).toEqual(['lag-ridge', 'seasonal-naive', 'linear']);
    expect(stdout).toMatch(/seasonal-naive +\S+ +1\.00 /);
    for (const line of stdout.replace(path, '').split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('takes all numeric columns, durations, and standard input, and prints JSON', async () => {
    const args = [
      'backtest',
      '-',
      '--models',
      'naive',
      '--horizon',
      '12h',
      '--origins',
      '2',
      '--season',
      '24',
      '--json',
    ];
    const { code, stdout } = await command(args, hours());
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines.filter(({ type }) => type === 'backtest').map((line) => line['metric_name'])).toEqual([
      'requests',
      'errors',
    ]);
    expect(lines[0]).toMatchObject({
      step_ms: 3_600_000,
      steps: 12,
      season_length: 24,
      filled: 2,
      origins: [480, 492],
    });
    expect(lines[1]).toMatchObject({ type: 'score', metric_name: 'requests' });
    expect(lines.filter(({ model }) => model === 'seasonal-naive').map(({ relative }) => relative)).toEqual([1, 1]);
  });

  it.each([
    [['--models', 'oracle'], 64, '--models must be one of auto, linear, '],
    [['--horizon', 'soon'], 64, '--horizon must be a number of steps or a duration such as 24h, got soon'],
    [['--horizon', '10s'], 64, '--horizon is shorter than the step of the file'],
    [['--horizon', '400'], 1, 'requests: values must be at least 600 to backtest 400 steps, got 504'],
    [['--level', '2'], 64, '--level must be above 0 and below 1, got 2'],
    [['--metric', 'sales'], 1, 'no column sales; there are time, requests, errors'],
  ])('%j ends with %d and says why', async (options, code, message) => {
    const path = temporaryFile('shop.csv', hours());
    const result = await command(['backtest', path, ...options]);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(message);
    expect(result.stdout).toBe('');
  });
});
