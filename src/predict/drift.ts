import type { Course } from './long-trend.ts';

const DAY_MS = 86_400_000;
/** Cycles that repeat by the calendar: log rotation and load go by the day, batch jobs by the week. */
const CALENDAR_MS = [DAY_MS, 7 * DAY_MS];
/** With fewer changes than this, cycles that do not go by the calendar tell no drift from chance. */
const FEWEST_CHANGES = 8;
/** Share of a cycle's slots that must be known in both cycles of a change. */
const KNOWN_SHARE = 0.5;
/** How sure it must be that there is a drift at all, one-sided. */
const SURE_SCORE = 1.645;

/** A steady change under whatever repeats. */
export interface Drift {
  /** In the metric's unit, a millisecond. */
  readonly rate: number;
  /** Standard error of the rate, inflated for how few changes it rests on. */
  readonly rateError: number;
  /** The value expected so many milliseconds after the end of the course, with what repeats at that time. */
  at(aheadMs: number, rate: number): number;
  /** Standard deviation of the values around that. */
  readonly noise: number;
  /** How long the history is that it rests on, milliseconds. */
  readonly spanMs: number;
  /** Whether it knows what repeats by the day; else it knows nothing of the times that lie beyond its span. */
  readonly calendar: boolean;
}

/**
 * The drift of a course, if there is one beyond chance. Values are compared with those one cycle before, so that whatever
 * repeats, such as a disk that is cleared every night, cancels out, and what is left over a cycle is drift. Of all lengths
 * of a cycle and of the history the one is taken whose changes determine the rate best: a day for what is cleared nightly,
 * a few minutes for what rises straight.
 *
 * One pass over at most 112 slots for each candidate: some ten microseconds.
 *
 * Source: seasonal differences with Student's test of their mean; robust kin is Hirsch, Slack & Smith, Techniques of trend
 * analysis for monthly water quality data (1982), whose median would take a saw-tooth that is not daily for a rise.
 */
export function findDrift({ means, slotMs }: Course): Drift | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates(means, slotMs)) {
    if (best === undefined || candidate.error < best.error) best = candidate;
  }
  if (best === undefined || Math.abs(best.change) <= SURE_SCORE * best.error) return undefined;
  return driftOf(means, slotMs, best);
}

interface Candidate {
  /** Slots of a cycle. */
  readonly cycle: number;
  /** How many cycles back it looks. */
  readonly cycles: number;
  /** Mean change a slot, and its inflated standard error. */
  readonly change: number;
  readonly error: number;
}

function* candidates(means: Float64Array, slotMs: number): Generator<Candidate> {
  const calendar = CALENDAR_MS.map((ms) => ms / slotMs).filter((slots) => slots >= 2 && 3 * slots <= means.length);
  const lengths = calendar.map((cycle) => ({ cycle, fewest: 2 }));
  for (let cycle = 1; cycle * (FEWEST_CHANGES + 1) <= means.length; cycle *= 2) {
    lengths.push({ cycle, fewest: FEWEST_CHANGES });
  }
  for (const { cycle, fewest } of lengths) {
    const changes = cycleChanges(means, cycle);
    for (let count = changes.length; count >= fewest; count >>= 1) {
      yield { cycle, cycles: count, ...meanChange(changes.slice(0, count), cycle) };
    }
  }
}

/** Mean change of a slot's value from one cycle to the next, newest first; ends where too little is known. */
function cycleChanges(means: Float64Array, cycle: number): number[] {
  const changes: number[] = [];
  for (let end = means.length; end >= 2 * cycle; end -= cycle) {
    let sum = 0;
    let known = 0;
    for (let i = end - cycle; i < end; i++) {
      const change = (means[i] as number) - (means[i - cycle] as number);
      if (Number.isNaN(change)) continue;
      sum += change;
      known++;
    }
    if (known === 0 || known < KNOWN_SHARE * cycle) break;
    changes.push(sum / known);
  }
  return changes;
}

function meanChange(changes: readonly number[], cycle: number): { readonly change: number; readonly error: number } {
  const count = changes.length;
  const mean = changes.reduce((a, b) => a + b, 0) / count;
  const squares = changes.reduce((sum, change) => sum + (change - mean) ** 2, 0);
  const error = Math.sqrt(squares / (count - 1) / count);
  return { change: mean / cycle, error: (error * studentInflation(count - 1)) / cycle };
}

/** How much wider Student's 90 % interval is than the normal one. Cornish & Fisher's expansion (1937), to 1 % from 2 on. */
function studentInflation(degrees: number): number {
  if (degrees === 1) return 3.84;
  const z = 1.645;
  const first = (z ** 2 + 1) / 4;
  const second = (5 * z ** 4 + 16 * z ** 2 + 3) / 96;
  const third = (3 * z ** 6 + 19 * z ** 4 + 17 * z ** 2 - 15) / 384;
  return 1 + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

function driftOf(means: Float64Array, slotMs: number, { cycle, cycles, change, error }: Candidate): Drift {
  const calendar = CALENDAR_MS.includes(cycle * slotMs);
  const last = means.length - 1;
  const first = Math.max(0, means.length - (cycles + 1) * cycle);
  // Of each slot of a cycle what it would be now without drift: the mean of what it was, each moved on to now.
  const phases = calendar ? cycle : 1;
  const sums = new Float64Array(phases);
  const counts = new Float64Array(phases);
  for (let i = first; i <= last; i++) {
    const value = means[i] as number;
    if (Number.isNaN(value)) continue;
    sums[i % phases] = (sums[i % phases] as number) + value + change * (last - i);
    counts[i % phases] = (counts[i % phases] as number) + 1;
  }
  const usual = sums.map((sum, phase) => sum / (counts[phase] as number));
  let squares = 0;
  let known = 0;
  for (let i = first; i <= last; i++) {
    const value = means[i] as number;
    if (Number.isNaN(value)) continue;
    squares += (value + change * (last - i) - (usual[i % phases] as number)) ** 2;
    known++;
  }
  return {
    rate: change / slotMs,
    rateError: error / slotMs,
    noise: Math.sqrt(squares / Math.max(1, known - phases)),
    spanMs: (last - first + 1) * slotMs,
    calendar,
    at(aheadMs, rate) {
      const slot = last + Math.round(aheadMs / slotMs);
      return (usual[slot % phases] as number) + rate * aheadMs;
    },
  };
}
