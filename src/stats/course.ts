/** One instant of a course; NaN for what is not known. */
export interface CoursePoint {
  timestamp: number;
  value: number;
  expected: number;
  lower: number;
  upper: number;
}

/** Instants of a course as columns of one length, oldest first; NaN for what is not known. */
export interface CourseColumns {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly expected: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** State of a course. Plain and structured-cloneable. */
export interface CourseSnapshot {
  readonly first: readonly CoursePoint[];
  readonly rings: readonly { readonly times: Float64Array; readonly fields: Float32Array }[];
  readonly open: readonly Float64Array[];
}

/** Fields of an instant besides its time: value, expected, lower, upper. */
const FIELDS = 4;
/**
 * What is kept: the newest samples as they came, and their means over longer and longer steps. 15 minutes at one sample a
 * second, then an hour, a day, a week and 30 days: the ranges that people look at, each at 360 to 1,440 instants, which
 * is what a screen is wide.
 */
const RINGS: readonly { readonly stepMs: number; readonly capacity: number }[] = [
  { stepMs: 0, capacity: 900 },
  { stepMs: 10_000, capacity: 360 },
  { stepMs: 60_000, capacity: 1440 },
  { stepMs: 900_000, capacity: 672 },
  { stepMs: 3_600_000, capacity: 720 },
];
/** Instants that a ring has room for when it gets its first; most series are short-lived. */
const FIRST_CAPACITY = 16;
/** Instants that are kept as they are before there are rings: a series that is seen a few times takes little. */
const FIRST_INSTANTS = 8;
/** Rings that are empty, with their objects, and one of the first instants; measured on Node 20. */
const RINGS_BYTES = 5000;
const FIRST_BYTES = 100;

/**
 * The course of one series and of what was expected of it, for charts: recent times finely, older ones coarsely. An
 * instant costs 24 bytes in each ring, a course at most 98 kB, reached after 30 days; numbers are kept as 32-bit floats,
 * seven digits. `add` is constant in time.
 */
export class Course {
  /** Until there are rings. */
  #first: CoursePoint[];
  #rings: readonly Ring[];

  constructor(snapshot?: CourseSnapshot) {
    this.#first = [...(snapshot?.first ?? [])];
    this.#rings = snapshot === undefined || snapshot.rings.length === 0 ? [] : newRings(snapshot);
  }

  /** Estimate of the memory held. */
  get byteLength(): number {
    if (this.#rings.length === 0) return this.#first.length * FIRST_BYTES;
    return this.#rings.reduce((bytes, ring) => bytes + ring.byteLength, RINGS_BYTES);
  }

  /** Takes the next instant; timestamps must rise. */
  add(point: CoursePoint): void {
    if (this.#rings.length === 0) {
      if (this.#first.push(point) < FIRST_INSTANTS) return;
      this.#rings = newRings();
      for (const early of this.#first) for (const ring of this.#rings) ring.add(early);
      this.#first = [];
      return;
    }
    for (const ring of this.#rings) ring.add(point);
  }

  /**
   * At most `points` instants in `[from, to)`, from the finest ring that goes back to `from`, averaged where that has more.
   *
   * @param newest one more instant behind all, which is not part of the course yet
   */
  read(from: number, to: number, points: number, newest?: CoursePoint): CourseColumns {
    const isInRange = ({ timestamp }: CoursePoint): boolean => timestamp >= from && timestamp < to;
    const ring = this.#rings.find((candidate) => candidate.reaches(from)) ?? this.#rings.at(-1);
    const found = ring === undefined ? this.#first.filter(isInRange) : ring.read(from, to);
    if (newest !== undefined && isInRange(newest)) found.push(newest);
    return columns(found.length > points ? averaged(found, points) : found);
  }

  snapshot(): CourseSnapshot {
    return {
      first: [...this.#first],
      rings: this.#rings.map((ring) => ring.kept()),
      open: this.#rings.map((ring) => ring.open.slice()),
    };
  }
}

function newRings(snapshot?: CourseSnapshot): Ring[] {
  return RINGS.map(({ stepMs, capacity }, i) => {
    const kept = snapshot?.rings[i];
    return new Ring(stepMs, capacity, kept?.times, kept?.fields, snapshot?.open[i]);
  });
}

/** The newest instants of one step width, and the step that is under way. */
class Ring {
  /** Start, number of samples, then the sums of the fields and how many are summed: bands may be missing. */
  readonly open: Float64Array;
  readonly #stepMs: number;
  readonly #capacity: number;
  #times: Float64Array;
  #fields: Float32Array;
  /** Instants kept, and where the next one goes. */
  #size = 0;
  #next = 0;
  /** Whether older ones were given up. */
  #full: boolean;

  constructor(stepMs: number, capacity: number, times?: Float64Array, fields?: Float32Array, open?: Float64Array) {
    this.#stepMs = stepMs;
    this.#capacity = capacity;
    this.#size = times?.length ?? 0;
    this.#times = Float64Array.from(times ?? []);
    this.#fields = Float32Array.from(fields ?? []);
    this.#next = this.#size % capacity;
    this.#full = this.#size === capacity;
    this.open = Float64Array.from(open ?? new Float64Array(OPEN_LENGTH));
  }

  get byteLength(): number {
    return this.#times.byteLength + this.#fields.byteLength;
  }

  add(point: CoursePoint): void {
    if (this.#stepMs === 0) {
      this.#push(point.timestamp, point.value, point.expected, point.lower, point.upper);
      return;
    }
    const { open } = this;
    const start = Math.floor(point.timestamp / this.#stepMs) * this.#stepMs;
    if ((open[SAMPLES] as number) > 0 && start !== open[START]) {
      const { timestamp, value, expected, lower, upper } = meanOf(open);
      this.#push(timestamp, value, expected, lower, upper);
      open.fill(0);
    }
    open[START] = start;
    (open[SAMPLES] as number)++;
    (open[VALUE] as number) += point.value;
    // Where a band is missing, its step is the mean of the others.
    if (Number.isNaN(point.lower)) return;
    (open[BANDS] as number)++;
    (open[EXPECTED] as number) += point.expected;
    (open[LOWER] as number) += point.lower;
    (open[UPPER] as number) += point.upper;
  }

  /** Whether it holds all that there was since `from`. */
  reaches(from: number): boolean {
    return !this.#full || (this.#times[this.#next % this.#size] as number) <= from;
  }

  /** Its instants in a range, oldest first, the step under way included. */
  read(from: number, to: number): CoursePoint[] {
    const found: CoursePoint[] = [];
    const first = this.#full ? this.#next : 0;
    for (let i = 0; i < this.#size; i++) {
      const at = (first + i) % this.#capacity;
      const timestamp = this.#times[at] as number;
      if (timestamp < from || timestamp >= to) continue;
      const [value, expected, lower, upper] = this.#fields.subarray(at * FIELDS, (at + 1) * FIELDS);
      found.push({ timestamp, value, expected, lower, upper } as CoursePoint);
    }
    const { open } = this;
    const start = open[START] as number;
    if ((open[SAMPLES] as number) > 0 && start >= from && start < to) found.push(meanOf(open));
    return found;
  }

  kept(): { readonly times: Float64Array; readonly fields: Float32Array } {
    const times = new Float64Array(this.#size);
    const fields = new Float32Array(this.#size * FIELDS);
    const first = this.#full ? this.#next : 0;
    for (let i = 0; i < this.#size; i++) {
      const at = (first + i) % this.#capacity;
      times[i] = this.#times[at] as number;
      fields.set(this.#fields.subarray(at * FIELDS, (at + 1) * FIELDS), i * FIELDS);
    }
    return { times, fields };
  }

  #push(timestamp: number, value: number, expected: number, lower: number, upper: number): void {
    if (this.#next === this.#times.length && this.#times.length < this.#capacity) this.#grow();
    this.#times[this.#next] = timestamp;
    const at = this.#next * FIELDS;
    this.#fields[at] = value;
    this.#fields[at + 1] = expected;
    this.#fields[at + 2] = lower;
    this.#fields[at + 3] = upper;
    this.#size = Math.min(this.#capacity, this.#size + 1);
    this.#full = this.#size === this.#capacity;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  #grow(): void {
    const room = Math.min(this.#capacity, Math.max(FIRST_CAPACITY, this.#times.length * 2));
    const times = new Float64Array(room);
    times.set(this.#times);
    this.#times = times;
    const fields = new Float32Array(room * FIELDS);
    fields.set(this.#fields);
    this.#fields = fields;
  }
}

/** Where the step under way keeps what. */
const START = 0;
const SAMPLES = 1;
const VALUE = 2;
const BANDS = 3;
const EXPECTED = 4;
const LOWER = 5;
const UPPER = 6;
const OPEN_LENGTH = 7;

function meanOf(open: Float64Array): CoursePoint {
  const bands = open[BANDS] as number;
  return {
    timestamp: open[START] as number,
    value: (open[VALUE] as number) / (open[SAMPLES] as number),
    // 0 / 0 is NaN: no band in the whole step.
    expected: (open[EXPECTED] as number) / bands,
    lower: (open[LOWER] as number) / bands,
    upper: (open[UPPER] as number) / bands,
  };
}

/**
 * The same instants in at most `points` steps of equal width, aligned to multiples of it, so that the same instants come
 * together however often and from whenever it is read.
 */
function averaged(found: readonly CoursePoint[], points: number): CoursePoint[] {
  const first = (found[0] as CoursePoint).timestamp;
  const last = (found.at(-1) as CoursePoint).timestamp;
  // One step more than asked for may be touched where the first does not begin at a multiple.
  const width = roundStep((last - first) / Math.max(1, points - 1));
  const ring = new Ring(width, points + 1);
  for (const point of found) ring.add(point);
  return ring.read(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).slice(-points);
}

/** The next whole number of seconds, minutes or hours, which does not change with every second that passes. */
function roundStep(ms: number): number {
  const unit = ms > 3_600_000 ? 3_600_000 : ms > 60_000 ? 60_000 : 1000;
  return Math.max(1000, Math.ceil(ms / unit) * unit);
}

function columns(found: readonly CoursePoint[]): CourseColumns {
  return {
    timestamps: Float64Array.from(found, ({ timestamp }) => timestamp),
    values: Float64Array.from(found, ({ value }) => value),
    expected: Float64Array.from(found, ({ expected }) => expected),
    lower: Float64Array.from(found, ({ lower }) => lower),
    upper: Float64Array.from(found, ({ upper }) => upper),
  };
}
