import { describe, expect, it } from 'vitest';
import { command, jsonLines, temporaryFile } from './command.ts';

const START = Date.UTC(2013, 11, 2);
const MINUTE = 60_000;

/** `count` minutes of a value that swings between 20 and 24, with `special` values at some of them. */
function minutes(count: number, special: Readonly<Record<number, number>> = {}): [time: string, value: number][] {
  return Array.from({ length: count }, (_, i) => [
    new Date(START + i * MINUTE).toISOString().slice(0, 19).replace('T', ' '),
    special[i] ?? 20 + ((i * 7) % 5),
  ]);
}

const csv = (rows: readonly (readonly [string, number])[], header = 'timestamp,value'): string =>
  [header, ...rows.map((row) => row.join(','))].join('\n');

/** Ten minutes at a hundred, an hour and a half from the start. */
const FAULT = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [90 + i, 100]));

describe('replay', () => {
  it('says what it guessed and prints aggregations, anomalies and forecasts of years ago', async () => {
    const path = temporaryFile('room.csv', csv(minutes(180, FAULT)));
    const { code, stdout, stderr } = await command(['replay', path]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('service     room\n');
    expect(stdout).toContain('timestamps  column timestamp: date and time without a time zone, taken as UTC\n');
    expect(stdout).toContain('time        2013-12-02 00:00:00 to 2013-12-02 02:59:00 UTC (3 h)\n');
    // The third hour is still open at 02:59; the second holds ten minutes at 100.
    expect(stdout).toMatch(/value +1h +2013-12-02 01:00:00 +60 .* 100\n/);
    expect(stdout).toContain('Anomalies: 1 episode\n  2013-12-02 01:30:00 to ');
    expect(stdout).toMatch(/value +15m +2013-12-02 03:14:00/);
    expect(stdout).toContain('180 rows, 180 samples, 1 anomaly');
    for (const line of stdout.replace(path, '').split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('prints the same as lines of JSON', async () => {
    const path = temporaryFile('room.csv', csv(minutes(180, FAULT)));
    const { stdout } = await command(['replay', path, '--json', '--service', 'lab']);
    const lines = jsonLines(stdout);
    const types = new Set(lines.map(({ type }) => type));
    expect([...types]).toEqual(['layout', 'aggregation', 'anomaly', 'prediction', 'summary']);
    expect(lines[0]).toMatchObject({ service_id: 'lab', timestamp_column: 'timestamp', metrics: ['value'] });
    const day = lines.find(({ period }) => period === '1d');
    // Ten hundreds instead of ten values of 22 on average: 170 * 22 + 1000.
    expect(day).toMatchObject({ timestamp: '2013-12-02T00:00:00.000Z', count: 180, sum: 4740, complete: false });
    const anomaly = lines.find(({ type }) => type === 'anomaly');
    expect(anomaly).toMatchObject({ current_value: 100, direction: 'above', started_at: '2013-12-02T01:30:00.000Z' });
    expect(lines.at(-1)).toMatchObject({ type: 'summary', rows: 180, samples: 180, episodes: 1 });
  });

  it('exits with 2 for anomalies if it is told to', async () => {
    const bad = temporaryFile('bad.csv', csv(minutes(180, FAULT)));
    const good = temporaryFile('good.csv', csv(minutes(180)));
    expect((await command(['replay', bad])).code).toBe(0);
    expect((await command(['replay', bad, '--fail-on-anomaly'])).code).toBe(2);
    expect((await command(['replay', good, '--fail-on-anomaly'])).code).toBe(0);
  });

  it('counts all episodes and prints the newest', async () => {
    const later = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [300 + i, 100]));
    const path = temporaryFile('room.csv', csv(minutes(400, { ...FAULT, ...later })));
    const { stdout } = await command(['replay', path, '--limit', '1']);
    expect(stdout).toContain('Anomalies: 2 episodes\n  … 1 earlier episode not shown (--limit)\n  2013-12-02 05:00:00');
  });

  it('reads standard input', async () => {
    const { code, stdout } = await command(['replay', '-'], csv(minutes(30)));
    expect(code).toBe(0);
    expect(stdout).toContain('file        standard input\nservice     stdin\n');
    expect(stdout).toContain('30 rows, 30 samples');
  });

  it('reads a byte order mark, CRLF, quotes, semicolons and decimal commas', async () => {
    const rows = minutes(30).map(([time, value]) => `"${time}";"a ""b""\nc;d";${value},5`);
    const path = temporaryFile('export.csv', `\ufeffZeit;Text;Wert\r\n${rows.join('\r\n')}\r\nkaputt;x;1,5\r\n`);
    const { stdout } = await command(['replay', path]);
    expect(stdout).toContain('delimiter   semicolon, decimal comma\n');
    expect(stdout).toContain('timestamps  column Zeit:');
    expect(stdout).toContain('metrics     Wert\n');
    expect(stdout).toContain('31 rows, 30 samples');
    // Each of the 30 rows before it covers two lines, after the header.
    expect(stdout).toContain('1 cell with timestamp that cannot be read, first in line 62\n');
  });

  it('reads a file without header, with tabs, in epoch milliseconds', async () => {
    const rows = minutes(30).map(([, value], i) => `${START + i * MINUTE}\t${value}`);
    const { stdout } = await command(['replay', temporaryFile('raw.tsv', rows.join('\n'))]);
    expect(stdout).toContain('delimiter   tab\nheader      none, columns are numbered\n');
    expect(stdout).toContain('timestamps  column column_1: milliseconds since 1970\nmetrics     column_2\n');
    expect(stdout).toContain('30 rows, 30 samples');
  });

  it('replays only the columns that are asked for', async () => {
    const rows = minutes(30).map(([time, value]) => `${time},${value},1,2`);
    const path = temporaryFile('wide.csv', ['time,latency,b,c', ...rows].join('\n'));
    const { stdout } = await command(['replay', path, '--metric', 'c', '--metric', 'latency']);
    expect(stdout).toContain(
      'metrics     c, latency\n            latency: taken as the built-in metric of that name\n',
    );
    expect(stdout).toContain('30 rows, 60 samples');
  });

  it('counts what it cannot use, by reason, with the first line of each', async () => {
    const rows = minutes(30).map((row) => row.join(','));
    const broken = [
      'oops,1',
      ',1',
      '',
      '2013-12-02 00:31:00,',
      '2013-12-02 00:32:00,abc',
      '2013-12-02 00:33:00',
      'oops,2',
    ];
    const path = temporaryFile('broken.csv', ['time,value', ...rows, ...broken].join('\n'));
    const { code, stdout } = await command(['replay', path]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      [
        '  2 cells with timestamp that cannot be read, first in line 32',
        '  1 cell with no timestamp, first in line 33',
        '  1 cell with value that is not a number, first in line 36',
        '  2 empty cells\n',
      ].join('\n'),
    );
    expect(stdout).toContain('36 rows, 30 samples');
  });

  it('loses no late, double or expired row without saying so', async () => {
    const rows = minutes(60);
    const late = rows[10] as [string, number];
    const double = rows[59] as [string, number];
    const path = temporaryFile('mixed.csv', csv([...rows, late, double, ['2013-10-01 00:00:00', 1]]));
    const { stdout } = await command(['replay', path, '--json']);
    const lines = jsonLines(stdout);
    expect(lines.at(-1)).toMatchObject({
      rows: 63,
      samples: 62,
      out_of_order: 2,
      stats: { accepted: 62, rejected: { expired: 1 } },
    });
    expect(lines.find(({ period }) => period === '1d')).toMatchObject({ count: 62 });
    const text = await command(['replay', path]);
    expect(text.stdout).toContain('1 sample rejected by the library: more than 30 days older');
    expect(text.stdout).toContain('2 rows older than one before');
  });

  it.each([
    ['there is no file', undefined, 'does not exist'],
    ['the file is empty', '', 'is empty'],
    ['the file has only empty lines', '\n\n', 'has no rows'],
    ['there is no timestamp', 'a,b\n1,2\n', 'no timestamp column among a, b'],
    ['there is no number', 'time,b\n2024-01-01,x\n', 'no numeric column among b'],
    ['a quote is not closed', 'time,b\n2024-01-01,1\n2024-01-02,"2\n2024-01-03,3\n', 'not closed in record 3'],
  ])('exits with 1 where %s', async (_, content, message) => {
    const path = content === undefined ? '/nowhere/at/all.csv' : temporaryFile('input.csv', content);
    const { code, stdout, stderr } = await command(['replay', path]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^streamgate-analytics: [^\n]+\n$/);
  });
});

describe('the command', () => {
  it.each([['--help'], ['-h'], ['demo', '--help'], ['replay', '-h']])('explains itself: %s %s', async (...args) => {
    const { code, stdout } = await command(args);
    expect(code).toBe(0);
    expect(stdout).toContain('Exit codes: 0 done, 1 the input cannot be read');
  });

  it('knows the version of its package', async () => {
    const { default: manifest } = await import('../../../package.json');
    expect(await command(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  it.each([
    [[], 'a command is needed: demo, replay or backtest'],
    [['dmeo'], 'unknown command dmeo'],
    [['--seconds'], 'unknown option --seconds'],
    [['demo', '--fast'], "unknown option '--fast'"],
    [['demo', 'x'], 'demo takes no argument, got x'],
    [['demo', '--seconds', '5'], '--seconds must be a whole number from 20 to 3600, got 5'],
    [['replay'], 'replay needs a file'],
    [['replay', 'a.csv', 'b.csv'], 'replay takes one file, got a.csv b.csv'],
    [['replay', 'a.csv', '--limit', '0'], '--limit must be a whole number of at least 1, got 0'],
    [['replay', 'a.csv', '--metric'], "option '--metric <value>' argument missing"],
    [['replay', 'a.csv', '--service', ''], '--service must have 1 to 256 characters'],
  ])('exits with 64 for %j', async (args, message) => {
    const { code, stdout, stderr } = await command(args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toBe(`streamgate-analytics: ${message}\nTry streamgate-analytics --help\n`);
  });
});
