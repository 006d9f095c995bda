// What recording costs: CPU of the main thread for each record, of every way in a process of its own.
//
// Rounds are interleaved: every way records for about `ROUND_MS`, one after the other, then all begin again; a ratio is
// taken inside one round, so that what the machine does at the time hits both. The event loop turns every `TURN` records,
// so that timers and flushes run as they do in a service, and are part of the figure.
//
// How many records of a series fall into one minute decides how much opening and closing its minutes weighs, and must not
// depend on how fast the machine is. So `Date.now` is slowed down: all rounds lie in one minute. A second run of ours,
// marked `+minutes`, has it pass at 60 records of each series a minute instead.
import { startChild } from './child.mjs';
import { mainThreadMicroseconds, median, processMicroseconds, quartiles, turn } from './measure.mjs';
import { table } from './page.mjs';
import { OURS, WAYS } from './peers.mjs';
import { verify } from './verify.mjs';
import { Workload } from './workload.mjs';

const SIZES = [1, 100, 10_000, 100_000];
const ROUND_MS = 200;
const TURN = 10_000;
const CALIBRATION = 100_000;
const MOST_RECORDS = 3_000_000;
/** Records of each series before the first round: by then its bins are there. */
const WARM_UP = 20;
const SLOWER = 1000;
const A_MINUTE = 60;
const MINUTE_MS = 60_000;
const MINUTES = '+minutes';
const PEER = 'prom-histogram';
const TURNING = [`record${MINUTES}`, `handle${MINUTES}`];
/** Minutes of more series take too long to live through here; queries.mjs closes them. */
const MOST_TURNING = 10_000;
const turningWays = (series) => (series >= 100 && series <= MOST_TURNING ? TURNING : []);
const CASES = [
  ...SIZES.map((series) => ({
    layout: 'operations',
    series,
    ways: [...Object.keys(WAYS), ...turningWays(series)],
  })),
  ...[100, 10_000, 100_000].map((series) => ({ layout: 'turns', series, ways: [...OURS, PEER, 'floor'] })),
  ...[10_000, 100_000].map((series) => ({
    layout: 'services',
    series,
    ways: [...OURS, PEER, 'floor', ...turningWays(series)],
  })),
];
const TITLES = {
  operations: 'operations of one service',
  turns: 'operations of one service, in turn',
  services: 'services with one operation each',
};

/** In the child: one way over one workload. */
export function subject(name, layout, series) {
  const workload = new Workload(layout, series);
  const turning = name.endsWith(MINUTES);
  const minute = A_MINUTE * series;
  // Time stands still between turns, so they must be much shorter than a minute.
  const step = turning ? Math.min(TURN, minute / 6) : TURN;
  replaceTime(turning ? () => (MINUTE_MS * workload.given) / minute : undefined);
  const way = WAYS[wayOf(name)].make(workload);
  const give = async (count) => {
    for (let left = count; left > 0; left -= step) {
      workload.give(Math.min(left, step), way.record);
      await turn();
    }
  };
  let records = 0;
  const round = async () => {
    const main = mainThreadMicroseconds();
    const all = processMicroseconds();
    await give(records);
    const used = { main: mainThreadMicroseconds() - main, all: processMicroseconds() - all };
    return { main: (1000 * used.main) / records, all: (1000 * used.all) / records };
  };
  return {
    round,
    /** Makes every series, lets functions be compiled, and chooses how many records a round has. */
    async warmUp() {
      await give(Math.max(WARM_UP * series, CALIBRATION));
      records = CALIBRATION;
      const { main } = await round();
      records = Math.round(Math.min(MOST_RECORDS, Math.max(CALIBRATION, (ROUND_MS * 1e6) / main)));
      // Whole minutes, so that every round closes as many as it opens.
      if (turning) records = minute * Math.ceil(records / minute);
      await round();
    },
    verify: () => verify(way, workload),
  };
}

/** From now on `Date.now` is `passed()` after the start of this minute, or, without it, real time slowed down. */
function replaceTime(passed) {
  const real = Date.now;
  const began = real();
  const start = Math.floor(began / MINUTE_MS) * MINUTE_MS;
  Date.now = passed === undefined ? () => start + 1000 + (real() - began) / SLOWER : () => start + passed();
}

function wayOf(name) {
  return name.replace(MINUTES, '');
}

export async function run({ rounds, progress, ways: only }) {
  const cases = [];
  for (const each of CASES) {
    const ways = each.ways.filter((name) => only === undefined || name === PEER || only.includes(wayOf(name)));
    cases.push(await runCase({ ...each, ways }, rounds, progress));
  }
  const reached = {};
  for (const { layout, series, rows } of cases) {
    if (layout !== 'operations') continue;
    for (const { name, ratio } of rows) reached[`${name}-${series}`] = ratio.median;
  }
  return { text: TEXT, tables: cases.map(toTable), reached };
}

async function runCase({ layout, series, ways }, rounds, progress) {
  const costs = Object.fromEntries(ways.map((name) => [name, []]));
  const children = [];
  for (const name of ways) {
    progress(`${series} ${TITLES[layout]}: warming up ${name}`);
    const child = await startChild('./record.mjs', [name, layout, series]);
    await child.ask('warmUp');
    children.push([name, child]);
  }
  for (let round = 0; round < rounds; round++) {
    progress(`${series} ${TITLES[layout]}: round ${round + 1} of ${rounds}`);
    for (const [name, child] of children) costs[name].push(await child.ask('round'));
  }
  for (const [name, child] of children) {
    progress(`${series} ${TITLES[layout]}: verifying ${name}`);
    await child.ask('verify');
    await child.end();
  }
  const against = (name, base) => quartiles(costs[name].map(({ main }, i) => main / costs[base][i].main));
  const rows = ways.map((name) => ({
    name,
    main: quartiles(costs[name].map(({ main }) => main)),
    all: median(costs[name].map(({ all }) => all)),
    ratio: against(name, PEER),
    floor: costs.floor === undefined ? undefined : against(name, 'floor').median,
  }));
  return { layout, series, rows };
}

function toTable({ layout, series, rows }) {
  const spread = ({ low, median: middle, high }, digits) =>
    `${middle.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
  return table(
    `${series.toLocaleString('en')} ${TITLES[layout]}`,
    ['way', 'ns a record', 'all threads', 'over prom-client', 'over the floor'],
    rows.map(({ name, main, all, ratio, floor }) => [
      WAYS[wayOf(name)].label + (name.endsWith(MINUTES) ? ', minutes turning' : ''),
      spread(main, main.median < 100 ? 1 : 0),
      all.toFixed(all < 100 ? 1 : 0),
      spread(ratio, 3),
      floor?.toFixed(1) ?? '',
    ]),
  );
}

const TEXT = `CPU of the main thread for each record, medians over the rounds with their quartiles. Every way runs in a process of its
own; rounds take turns, and a ratio is taken inside one round. *All threads* adds what compiling and collecting garbage
cost on other threads. Series come in an order that is shuffled as a whole, each equally often; latencies are lognormal
(median 20 ms), from a seeded generator, and lie in a typed array beforehand; one record in a hundred fails; timestamps are
left to the clock, which is slowed down so that all rounds lie in one minute. Ours does all its work inside the figure:
checks, buffer, flush, bucket, totals and errors of the service. *Minutes turning* lets time pass at 60 records of each
series a minute and so adds opening and closing minutes, the detector and the predictor; peers do nothing of that kind. Reading the stream of series and latencies, 2 to 4 ns, is in every figure, the floor's
too. hdr-histogram-js counts whole microseconds to two digits; sketches in a Map are found by a key that is put together
for each record, as one has to.`;
