import { RobustLevel, type RobustLevelSnapshot } from '../stats/robust-level.ts';
import { DAY, SeasonalLevel, type SeasonalLevelSnapshot, WEEK } from '../stats/seasonal-level.ts';
import { SlotMeans, type SlotMeansSnapshot } from '../stats/slot-means.ts';

/** Rates of the two levels: one follows within some 10 samples, the other holds for some 50. */
const QUICK_RATE = 0.1;
const SLOW_RATE = 0.02;

/** What lies beyond so many scales moves a level by a tenth of what else it would: it is more likely an incident. */
const HOLD = 4;
const HELD = 0.1;

/** Half hours whose means are kept: of yesterday, of the week before. */
const DAY_SLOTS = 48;
const WEEK_SLOTS = 336;

/** Beliefs there are at most: quick level, slow level, habit, same time before. */
const MOST = 4;

/** Keeps the scale finite where one belief errs beyond all measure. */
const MOST_RATIO = 1e100;

/** Steps of Newton's method for the ends of the band; with six they are exact to more digits than a chart has. */
const NEWTON_STEPS = 6;

/** State of {@link Beliefs}. */
export interface BeliefsSnapshot {
  readonly quick: RobustLevelSnapshot;
  readonly slow: RobustLevelSnapshot;
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
 * Four beliefs of what comes next: a level that follows, a level that holds, the habit of the hour, and the same time
 * before. A value between them is normal; beyond all of them it is as far off as the geometric mean of its distances,
 * each in the scale by which its belief usually errs. So one that is right is enough: the habit in the morning rise,
 * the quick level on a public holiday, last week on Saturday.
 *
 * `look` comes first; what is asked then is about a sample at that time.
 */
export class Beliefs {
  readonly #quick: RobustLevel;
  readonly #slow: RobustLevel;
  #seasons: Seasons | undefined;
  readonly #centres = new Float64Array(MOST);
  readonly #scales = new Float64Array(MOST);
  #count = 0;
  #lowest = 0;
  #highest = 0;
  #scale = 0;
  #expected = 0;
  /** Habit of the day at this time, and its scale; `NaN` where there is none. */
  #habit: number = Number.NaN;
  #habitScale = 0;

  constructor(snapshot: BeliefsSnapshot) {
    this.#quick = new RobustLevel(QUICK_RATE, snapshot.quick);
    this.#slow = new RobustLevel(SLOW_RATE, snapshot.slow);
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

  /** Whether the day, or the week, explains the values. */
  get confirmed(): { readonly day: boolean; readonly week: boolean } {
    return { day: this.#seasons?.day?.confirmed === true, week: this.#seasons?.week?.confirmed === true };
  }

  /**
   * Prepares for a sample at `localTime`.
   *
   * @param stale whether so much time has passed that what follows means nothing any more
   * @param floor smallest scale that means something
   */
  look(localTime: number, stale: boolean, floor: number): void {
    this.#count = 0;
    this.#habit = Number.NaN;
    if (!stale) this.#believe(this.#quick.level, this.#quick.scale, floor);
    this.#believe(this.#slow.level, this.#slow.scale, floor);
    let holding = this.#slow.level;
    if (this.#seasons !== undefined) {
      const { day, week, yesterday, lastWeek } = this.#seasons;
      const weekly = day === undefined || (week?.confirmed === true && week.relativeError < day.relativeError);
      const habit = weekly ? week : day;
      const usual = habit?.at(localTime) ?? Number.NaN;
      if (habit !== undefined && !Number.isNaN(usual)) {
        this.#believe(usual, habit.scale, floor);
        if (habit.confirmed) holding = usual;
      }
      if (day !== undefined) {
        this.#habit = day.at(localTime);
        this.#habitScale = day.scale;
      }
      this.#believeBefore(yesterday.at(localTime), yesterday.scale, lastWeek.at(localTime), lastWeek.scale, floor);
    }
    this.#measure();
    this.#expected = stale ? holding : (this.#quick.level + holding) / 2;
  }

  /** Geometric mean of the distances in scales, not negative; 0 between the beliefs. */
  distance(value: number): number {
    if (value >= this.#lowest && value <= this.#highest) return 0;
    let product = 1;
    for (let i = 0; i < this.#count; i++) {
      product *= Math.abs(value - (this.#centres[i] as number)) / (this.#scales[i] as number);
    }
    return product ** (1 / this.#count);
  }

  /** Deviation from the habit of the day in its scales; 0 where there is none. */
  fromHabit(value: number): number {
    return this.#habitScale > 0 && !Number.isNaN(this.#habit) ? (value - this.#habit) / this.#habitScale : 0;
  }

  /** The value above all beliefs whose `distance` is the given one. */
  upper(distance: number): number {
    return this.#highest + this.#reach(distance, 1);
  }

  /** The value below all beliefs whose `distance` is the given one. */
  lower(distance: number): number {
    return this.#lowest - this.#reach(distance, -1);
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
      // Until a habit is confirmed nobody relies on it, and what is strange every day at nine must be learned from.
      if (!anomalous || day?.confirmed !== true) day?.learn(localTime, value, step);
      if (!anomalous || week?.confirmed !== true) week?.learn(localTime, value, step);
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
      seasons: seasons && {
        day: seasons.day?.snapshot(),
        week: seasons.week?.snapshot(),
        yesterday: seasons.yesterday.snapshot(),
        lastWeek: seasons.lastWeek.snapshot(),
      },
    };
  }

  #believe(centre: number, scale: number, floor: number): void {
    this.#centres[this.#count] = centre;
    this.#scales[this.#count] = Math.max(scale, floor);
    this.#count++;
  }

  /** Yesterday or the week before at this time, whichever is the better guide. */
  #believeBefore(day: number, dayScale: number, week: number, weekScale: number, floor: number): void {
    const byWeek = !Number.isNaN(week) && (Number.isNaN(day) || weekScale < dayScale);
    const centre = byWeek ? week : day;
    if (!Number.isNaN(centre)) this.#believe(centre, byWeek ? weekScale : dayScale, floor);
  }

  #measure(): void {
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    const first = this.#scales[0] as number;
    let ratio = 1;
    for (let i = 0; i < this.#count; i++) {
      const centre = this.#centres[i] as number;
      if (centre < lowest) lowest = centre;
      if (centre > highest) highest = centre;
      ratio *= (this.#scales[i] as number) / first;
    }
    this.#lowest = lowest;
    this.#highest = highest;
    this.#scale = first > 0 ? first * Math.min(MOST_RATIO, ratio ** (1 / this.#count)) : 0;
  }

  /** How far beyond the outermost belief the distance is reached: the root of Π (x + gap) = (distance × scale)^n. */
  #reach(distance: number, side: 1 | -1): number {
    const unit = distance * this.#scale;
    if (!(unit > 0)) return 0;
    const outer = side === 1 ? this.#highest : this.#lowest;
    // In units of the solution for beliefs that agree; from there on Newton's steps only ever come nearer.
    let x = 1;
    for (let step = 0; step < NEWTON_STEPS; step++) {
      let product = 1;
      let slope = 0;
      for (let i = 0; i < this.#count; i++) {
        const factor = x + (side * (outer - (this.#centres[i] as number))) / unit;
        slope = slope * factor + product;
        product *= factor;
      }
      if (!(product < Number.MAX_VALUE && slope < Number.MAX_VALUE)) return 0;
      x -= (product - 1) / slope;
    }
    return Math.min(Number.MAX_VALUE, unit * Math.max(0, x));
  }
}

function learnHeld(level: RobustLevel, value: number, steps: number): void {
  const { scale } = level;
  const held = scale > 0 && Math.abs(value - level.level) > HOLD * scale;
  level.learn(value, held ? HELD : steps);
}
