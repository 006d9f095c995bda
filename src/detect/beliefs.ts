import { RobustLevel, type RobustLevelSnapshot } from '../stats/robust-level.ts';
import { DAY, type Season, SeasonalLevel, type SeasonalLevelSnapshot, WEEK } from '../stats/seasonal-level.ts';
import { SlotMeans, type SlotMeansSnapshot } from '../stats/slot-means.ts';
import type { HabitsLeft } from './baseline.ts';

/** Rates of the two levels: one follows within some 10 samples, the other holds for some 50. */
const QUICK_RATE = 0.1;
const SLOW_RATE = 0.02;

/** What lies beyond so many scales moves a level by a tenth of what else it would: it is more likely an incident. */
const HOLD = 4;
const HELD = 0.1;

/** Slots whose means are kept: half hours of yesterday, hours of the week before. */
const DAY_SLOTS = 48;
const WEEK_SLOTS = 168;

/**
 * What a belief that knows the time expects is no news to anybody, however far it is from the others: the nightly job,
 * which last night knows. Nor is what holds all day: the night without the job. It counts for at most this times one
 * more than the distance from the nearest of them.
 */
const LENIENCE = 1.5;

/**
 * And for at most this times that distance. Noise about the belief that is right must not add up, however many samples
 * it comes in: from 1.87 times normal deviations on evidence would grow (their mean surprise is that of its drift, 2.5).
 */
const NEAR_LENIENCE = 1.85;

/** How long a belief that knows the time may still speak of the level before an accepted shift: until its slots are new. */
const DAY_MS = DAY.period;
const WEEK_MS = WEEK.period;

/** Beliefs there are at most: quick level, slow level, habit, same time before. */
const MOST = 4;

/** Keeps the scale finite where one belief errs beyond all measure. */
const MOST_RATIO = 1e100;

/**
 * Most steps of Newton's method for the ends of the band, and the relative change after which no further one is taken:
 * what is left is about its square. Halvings, where it has to be searched for. All give more digits than a chart has.
 */
const NEWTON_STEPS = 8;
const NEWTON_CHANGE = 1e-5;
/** Mean distance of the beliefs from the outermost one, in units, up to which it is where Newton's steps start from. */
const MEAN_HELPS = 0.5;
const HALVINGS = 30;

/** State of {@link Beliefs}. */
export interface BeliefsSnapshot {
  readonly quick: RobustLevelSnapshot;
  readonly slow: RobustLevelSnapshot;
  readonly shift: readonly [by: number, localTime: number] | undefined;
  readonly seasons:
    | {
        readonly day: SeasonalLevelSnapshot | undefined;
        readonly week: SeasonalLevelSnapshot | undefined;
        readonly yesterday: SlotMeansSnapshot;
        readonly lastWeek: SlotMeansSnapshot;
      }
    | undefined;
}

/** What is known of times of the day and of the week. */
interface Seasons {
  readonly day: SeasonalLevel | undefined;
  readonly week: SeasonalLevel | undefined;
  readonly yesterday: SlotMeans;
  readonly lastWeek: SlotMeans;
}

/**
 * Four beliefs of what comes next: a level that follows, one that holds, the habit of the hour, and the same time
 * before. A value between the one that follows and the one that holds (the habit, where it is confirmed) is normal; any
 * other is as far off as the geometric mean of its distances from all four, each in the scale by which its belief
 * usually errs. So one that is right is nearly enough: the habit in the morning rise, the quick level on a public
 * holiday, last week on Saturday.
 *
 * `look` comes first; what is asked then is about a value at that time.
 */
export class Beliefs {
  readonly #quick: RobustLevel;
  readonly #slow: RobustLevel;
  #seasons: Seasons | undefined;
  readonly #centres = new Float64Array(MOST);
  readonly #scales = new Float64Array(MOST);
  /** How far the beliefs lie inside the outermost one, in units, while an end of the band is worked out. */
  readonly #nearness = new Float64Array(MOST);
  #count = 0;
  /** Index of the first belief that knows the time, and of the one that holds. */
  #timed = 0;
  #holds = 0;
  #lowest = 0;
  #highest = 0;
  /** Lowest and highest belief. */
  #bottom = 0;
  #top = 0;
  #scale = 0;
  #expected = 0;
  /** Sum of the shifts that were accepted within a week, and the local time of the last one. */
  #shift = 0;
  #shiftedAt = 0;

  constructor(snapshot: BeliefsSnapshot) {
    this.#quick = new RobustLevel(QUICK_RATE, snapshot.quick);
    this.#slow = new RobustLevel(SLOW_RATE, snapshot.slow);
    [this.#shift, this.#shiftedAt] = snapshot.shift ?? [0, 0];
    const seasons = snapshot.seasons;
    this.#seasons = seasons && {
      day: seasons.day && new SeasonalLevel(DAY, seasons.day),
      week: seasons.week && new SeasonalLevel(WEEK, seasons.week),
      yesterday: new SlotMeans(DAY.period, seasons.yesterday),
      lastWeek: new SlotMeans(WEEK.period, seasons.lastWeek),
    };
  }

  /** Middle of what follows and what holds: the habit where one is confirmed, else the slow level. */
  get expected(): number {
    return this.#expected;
  }

  /** Geometric mean of the scales; 0 where there was no change at all. */
  get scale(): number {
    return this.#scale;
  }

  /** Scale of the level that holds. */
  get slowScale(): number {
    return this.#slow.scale;
  }

  /** Whether habits are watched for. */
  get watchesSeasons(): boolean {
    return this.#seasons !== undefined;
  }

  /** Whether the time of day explains the values. */
  get dayConfirmed(): boolean {
    return this.#seasons?.day?.confirmed === true;
  }

  /** Whether the time of the week explains the values. */
  get weekConfirmed(): boolean {
    return this.#seasons?.week?.confirmed === true;
  }

  /**
   * Milliseconds after `localTime` before a habit of the day, or of the week, can be known; `undefined` where values come
   * too seldom.
   *
   * @param step between samples, milliseconds
   * @param untilWatched milliseconds before habits are watched for, where they are not yet
   */
  habitsIn(localTime: number, step: number, untilWatched: number): HabitsLeft {
    const begins = (season: Season): number | undefined => {
      const probation = SeasonalLevel.probation(season, step);
      return probation === undefined ? undefined : probation + untilWatched;
    };
    if (this.#seasons === undefined) return { day: begins(DAY), week: begins(WEEK) };
    const { day, week } = this.#seasons;
    return { day: day?.probationLeft(localTime), week: week?.probationLeft(localTime) };
  }

  /**
   * Prepares for a value at `localTime`.
   *
   * @param stale whether so much time has passed that what follows means nothing any more
   * @param floor smallest scale that means something
   */
  look(localTime: number, value: number, stale: boolean, floor: number): void {
    this.#count = 0;
    this.#believe(this.#slow.level, this.#slow.scale, floor);
    if (!stale) this.#believe(this.#quick.level, this.#quick.scale, floor);
    this.#timed = this.#count;
    this.#holds = 0;
    if (this.#seasons !== undefined) {
      const { day, week, yesterday, lastWeek } = this.#seasons;
      const weekly = day === undefined || (week?.confirmed === true && week.relativeError < day.relativeError);
      const habit = weekly ? week : day;
      const usual = this.#moved(habit?.at(localTime) ?? Number.NaN, localTime, value, weekly ? WEEK_MS : DAY_MS);
      if (habit !== undefined && !Number.isNaN(usual)) {
        this.#believe(usual, habit.scale, floor);
        if (habit.confirmed) this.#holds = this.#timed;
      }
      const before = this.#moved(yesterday.at(localTime), localTime, value, DAY_MS);
      const weekBefore = this.#moved(lastWeek.at(localTime), localTime, value, WEEK_MS);
      const byWeek = nearer(value, weekBefore, lastWeek.scale, before, yesterday.scale);
      if (byWeek) this.#believe(weekBefore, lastWeek.scale, floor);
      else if (!Number.isNaN(before)) this.#believe(before, yesterday.scale, floor);
    }
    this.#measure();
    const holding = this.#centres[this.#holds] as number;
    const following = stale ? holding : this.#quick.level;
    this.#expected = (following + holding) / 2;
    this.#lowest = Math.min(following, holding);
    this.#highest = Math.max(following, holding);
  }

  /** Geometric mean of the distances in scales, not negative; 0 between what follows and what holds. */
  distance(value: number): number {
    if (value >= this.#lowest && value <= this.#highest) return 0;
    let product = 1;
    for (let i = 0; i < this.#count; i++) {
      product *= Math.abs(value - (this.#centres[i] as number)) / (this.#scales[i] as number);
    }
    return root(product, this.#count);
  }

  /** What of a distance is worth telling people, who know what happens all day, or at this time of the day or the week. */
  excused(value: number, distance: number): number {
    if (this.#scale === 0) return distance;
    let nearest = this.#distanceFrom(this.#holds, value);
    for (let i = this.#timed; i < this.#count; i++) nearest = Math.min(nearest, this.#distanceFrom(i, value));
    return Math.min(distance, LENIENCE * (1 + nearest), NEAR_LENIENCE * nearest);
  }

  /** The nearest value above the normal whose `distance` is the given one, and no less than what holds is excused to. */
  upper(distance: number): number {
    const value = this.#highest + this.#reach(this.#highest, distance * this.#scale, 1);
    return Math.max(value, this.#excusedTo(distance));
  }

  /** The same below the normal. */
  lower(distance: number): number {
    const value = this.#lowest - this.#reach(this.#lowest, distance * this.#scale, -1);
    return Math.min(value, this.#excusedTo(-distance));
  }

  /**
   * Learns a sample.
   *
   * @param step between samples, milliseconds
   * @param steps since the last sample
   * @param anomalous whether it belongs to an open episode: what is sure of itself then does not learn
   */
  learn(localTime: number, value: number, step: number, steps: number, anomalous: boolean): void {
    if (this.#seasons !== undefined) {
      const { day, week, yesterday, lastWeek } = this.#seasons;
      yesterday.learn(localTime, value);
      lastWeek.learn(localTime, value);
      if (day !== undefined) learnHabit(day, localTime, value, step, anomalous);
      if (week !== undefined) learnHabit(week, localTime, value, step, anomalous);
    }
    if (anomalous) return;
    learnHeld(this.#quick, value, steps);
    learnHeld(this.#slow, value, steps);
  }

  /** Begins to watch for habits. */
  watchSeasons(localTime: number, step: number): void {
    this.#seasons ??= {
      day: SeasonalLevel.begin(DAY, localTime, step, this.#slow.level),
      week: SeasonalLevel.begin(WEEK, localTime, step, this.#slow.level),
      yesterday: new SlotMeans(DAY.period, DAY_SLOTS),
      lastWeek: new SlotMeans(WEEK.period, WEEK_SLOTS),
    };
  }

  /** Takes another level for the normal, with no smaller scale than before. */
  rebase(localTime: number, level: number, scale: number): void {
    const before = localTime - this.#shiftedAt < WEEK_MS ? this.#shift : 0;
    this.#shift = before + level - this.#expected;
    this.#shiftedAt = localTime;
    this.#quick.rebase(level, Math.max(scale, this.#quick.scale));
    this.#slow.rebase(level, Math.max(scale, this.#slow.scale));
    if (this.#seasons?.day?.confirmed) this.#seasons.day.rebase(localTime, level);
    if (this.#seasons?.week?.confirmed) this.#seasons.week.rebase(localTime, level);
  }

  snapshot(): BeliefsSnapshot {
    const seasons = this.#seasons;
    return {
      quick: this.#quick.snapshot(),
      slow: this.#slow.snapshot(),
      shift: this.#shift === 0 ? undefined : [this.#shift, this.#shiftedAt],
      seasons: seasons && {
        day: seasons.day?.snapshot(),
        week: seasons.week?.snapshot(),
        yesterday: seasons.yesterday.snapshot(),
        lastWeek: seasons.lastWeek.snapshot(),
      },
    };
  }

  /** What was known for this time, or the same on the level taken since, whichever is nearer to the value. */
  #moved(centre: number, localTime: number, value: number, period: number): number {
    if (this.#shift === 0 || localTime - this.#shiftedAt >= period) return centre;
    const moved = centre + this.#shift;
    return Math.abs(value - moved) < Math.abs(value - centre) ? moved : centre;
  }

  #believe(centre: number, scale: number, floor: number): void {
    this.#centres[this.#count] = centre;
    this.#scales[this.#count] = Math.max(scale, floor);
    this.#count++;
  }

  /** Distance of a value from one of the beliefs, in its scale. */
  #distanceFrom(belief: number, value: number): number {
    return Math.abs(value - (this.#centres[belief] as number)) / (this.#scales[belief] as number);
  }

  /** The value that is excused from `distance` on, above or below the belief that holds. */
  #excusedTo(distance: number): number {
    return (this.#centres[this.#holds] as number) + (distance / NEAR_LENIENCE) * (this.#scales[this.#holds] as number);
  }

  /** Geometric mean of the scales, and how far the beliefs are apart. */
  #measure(): void {
    const first = this.#scales[0] as number;
    let ratio = 1;
    let lowest = this.#centres[0] as number;
    let highest = lowest;
    for (let i = 1; i < this.#count; i++) {
      ratio *= (this.#scales[i] as number) / first;
      const centre = this.#centres[i] as number;
      if (centre < lowest) lowest = centre;
      else if (centre > highest) highest = centre;
    }
    this.#bottom = lowest;
    this.#top = highest;
    this.#scale = first > 0 ? first * Math.min(MOST_RATIO, root(ratio, this.#count)) : 0;
  }

  /**
   * How far from `start`, to one side, the product of the distances reaches that of `unit`s. On the way it may pass a
   * belief that lies apart; the normal ends before it, where the product is reached between.
   */
  #reach(start: number, unit: number, side: 1 | -1): number {
    if (!(unit > 0)) return 0;
    // Where all beliefs are less than a unit apart, no product between them reaches that of units.
    if (this.#top - this.#bottom <= unit) {
      const from = side === 1 ? this.#top - start : start - this.#bottom;
      return from + this.#beyond(start + side * from, unit, side);
    }
    let from = 0;
    while (true) {
      const next = this.#nextBelief(start, from, side);
      if (next === undefined) break;
      const middle = (from + next) / 2;
      if (this.#product(start + side * middle, unit) >= 1) return this.#between(start, from, middle, unit, side);
      from = next;
    }
    return from + this.#beyond(start + side * from, unit, side);
  }

  /** Distance from `start` of the first belief further than `from`. */
  #nextBelief(start: number, from: number, side: 1 | -1): number | undefined {
    let next: number | undefined;
    for (let i = 0; i < this.#count; i++) {
      const distance = side * ((this.#centres[i] as number) - start);
      if (distance > from && (next === undefined || distance < next)) next = distance;
    }
    return next;
  }

  /** Product of the distances of a value from all beliefs, in units. */
  #product(value: number, unit: number): number {
    let product = 1;
    for (let i = 0; i < this.#count; i++) product *= Math.abs(value - (this.#centres[i] as number)) / unit;
    return product;
  }

  #between(start: number, from: number, to: number, unit: number, side: 1 | -1): number {
    let low = from;
    let high = to;
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (low + high) / 2;
      if (this.#product(start + side * middle, unit) < 1) low = middle;
      else high = middle;
    }
    return low;
  }

  /** How far beyond the outermost belief the product of the distances is 1, in units. */
  #beyond(outermost: number, unit: number, side: 1 | -1): number {
    const nearness = this.#nearness;
    let sum = 0;
    for (let i = 0; i < this.#count; i++) {
      const inside = (side * (outermost - (this.#centres[i] as number))) / unit;
      nearness[i] = inside;
      sum += inside;
    }
    const mean = sum / this.#count;
    // It is one unit where all beliefs agree, else less, but never less than for as many beliefs at their mean, which is
    // near it unless they are far apart. From either start Newton's steps come nearer.
    let x = mean < MEAN_HELPS ? 1 - mean : 1;
    for (let step = 0; step < NEWTON_STEPS; step++) {
      let product = 1;
      let slope = 0;
      for (let i = 0; i < this.#count; i++) {
        const factor = x + (nearness[i] as number);
        slope = slope * factor + product;
        product *= factor;
      }
      if (!(product < Number.MAX_VALUE && slope < Number.MAX_VALUE)) return 0;
      const change = (product - 1) / slope;
      x -= change;
      if (Math.abs(change) < NEWTON_CHANGE * x) break;
    }
    return Math.min(Number.MAX_VALUE, unit * Math.max(0, x));
  }
}

/** The n-th root, for n from 1 to 4. */
function root(x: number, n: number): number {
  if (n === 3) return Math.cbrt(x);
  const square = n === 1 ? x : Math.sqrt(x);
  return n === 4 ? Math.sqrt(square) : square;
}

/** Whether `value` is nearer to `a`, in its scale, than to `b`; a centre that is `NaN` is far from everything. */
function nearer(value: number, a: number, aScale: number, b: number, bScale: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return !Number.isNaN(a);
  return Math.abs(value - a) * bScale < Math.abs(value - b) * aScale;
}

/**
 * Until a habit is confirmed nobody relies on it, and what is strange every day at nine must be learned from; but the
 * first value in a slot is all that it knows.
 */
function learnHabit(habit: SeasonalLevel, localTime: number, value: number, step: number, anomalous: boolean): void {
  if (!anomalous || (!habit.confirmed && !Number.isNaN(habit.at(localTime)))) habit.learn(localTime, value, step);
}

function learnHeld(level: RobustLevel, value: number, steps: number): void {
  const { scale } = level;
  const held = scale > 0 && Math.abs(value - level.level) > HOLD * scale;
  level.learn(value, held ? HELD : steps);
}
