import { nelderMead } from '../stats/nelder-mead.ts';
import { RidgeSystem } from '../stats/ridge-system.ts';
import type { Work } from '../stats/work.ts';
import type { HistoryModel, HistoryModelFactory } from './history-model.ts';
import { seasonalMeans } from './theta.ts';

/** A form of exponential smoothing with additive errors: ETS(A,N,N) to ETS(A,Ad,A). */
export interface SmoothingForm {
  readonly trend: 'none' | 'additive' | 'damped';
  readonly seasonal: boolean;
}

/** Smoothing weights as in the book: of the level, the trend and the season; and how fast a damped trend fades. */
export interface SmoothingWeights {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly phi: number;
}

/** A fitted form. `start` is level, trend and the seasons in the order of the first values. */
export interface Smoothing {
  readonly form: SmoothingForm;
  readonly weights: SmoothingWeights;
  readonly start: Float64Array;
  /** Corrected Akaike criterion, without the constants that all forms share. */
  readonly aicc: number;
}

/** Bounds of the weights, those of R's `ets`. */
const LEAST_WEIGHT = 1e-4;
const MOST_WEIGHT = 1 - 1e-4;
const LEAST_PHI = 0.8;
const MOST_PHI = 0.98;
/** Where the search begins, and how large its first steps are. */
const FIRST_WEIGHTS: SmoothingWeights = { alpha: 0.3, beta: 0.03, gamma: 0.1, phi: 0.95 };
const FIRST_STEP = { alpha: 0.2, beta: 0.03, gamma: 0.1, phi: -0.05 } as const;
/** Weights and starting states are fitted in turn so often; a third round moved the likelihood by less than 0.1. */
const ROUNDS = 2;
/** Makes the normal equations of the starting states solvable where the history does not tell them all. */
const RIDGE = 1e-9;
/** Learned from the newest values only: what is older has no weight left, and every trial costs a pass. */
const MOST_VALUES = 4000;
/** Seasons that must have been seen whole. */
const SEASON_CYCLES = 2;

const FORMS: readonly SmoothingForm[] = [false, true].flatMap((seasonal) =>
  (['none', 'additive', 'damped'] as const).map((trend) => ({ trend, seasonal })),
);

/**
 * Exponential smoothing, its form (no, linear or damped trend; with or without season) chosen by the corrected Akaike
 * criterion. Good for a level that wanders, with at most one season; for hours with both a day and a week prefer
 * `lag-ridge`. Some hundred passes over the history a form.
 *
 * Source: Hyndman, Koehler, Ord & Snyder, Forecasting with Exponential Smoothing (2008), chapters 2 and 5, additive
 * errors. The starting states are fitted too: errors are linear in them, so that is a least-squares solution.
 */
export const ets: HistoryModelFactory = (values, season) => smoothingModel(values, season, FORMS);

/**
 * Holt-Winters: exponential smoothing of level, linear trend and, where there is one, additive season. Its weights and
 * starting states are those of least squared one-step error. Trends go on for ever; `ets` chooses whether to have one.
 *
 * Source: Winters, Forecasting sales by exponentially weighted moving averages, Management Science 6 (1960), additive.
 */
export const holtWinters: HistoryModelFactory = (values, season) =>
  smoothingModel(values, season, [
    { trend: 'additive', seasonal: true },
    { trend: 'additive', seasonal: false },
  ]);

/** The best of the forms; without a usable season the best of those that have none. */
function smoothingModel(values: Float64Array, season: number, forms: readonly SmoothingForm[]): HistoryModel {
  return {
    *learn(end) {
      const from = Math.max(0, end - MOST_VALUES);
      const history = values.subarray(from, end);
      const seasonal = season > 1 && history.length >= SEASON_CYCLES * season + 1;
      // Holt-Winters keeps its season wherever there is one; `ets` compares.
      const fixed = forms.length < FORMS.length && seasonal;
      let best: Smoothing | undefined;
      for (const form of forms) {
        if (form.seasonal ? !seasonal : fixed) continue;
        const fitted = yield* fitSmoothing(history, seasonal ? season : 1, form);
        if (best === undefined || fitted.aicc < best.aicc) best = fitted;
      }
      const { form, weights, start } = best as Smoothing;
      return (at, steps) => {
        // Before the history that was learned from there is nothing to go on but its first states.
        const states = start.slice();
        smooth(values.subarray(from, Math.max(from, at)), weights, states);
        return project(states, form, weights, Math.max(0, at - from), steps);
      };
    },
  };
}

/** Fits weights and starting states of one form by least squared one-step errors. */
export function* fitSmoothing(values: Float64Array, season: number, form: SmoothingForm): Work<Smoothing> {
  const seasons = form.seasonal ? season : 1;
  const start = firstStates(values, seasons, form);
  const free = freeWeights(form);
  let at: ArrayLike<number> = free.map((name) => FIRST_WEIGHTS[name]);
  let squares = 0;
  const trial = new Float64Array(start.length);
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) yield* fitStates(values, weightsOf(free, at, form), start, form);
    const found = yield* nelderMead(
      (x) => {
        const weights = weightsOf(free, x, form);
        if (!admissible(weights, form)) return Number.POSITIVE_INFINITY;
        trial.set(start);
        return smooth(values, weights, trial);
      },
      at,
      free.map((name) => FIRST_STEP[name]),
    );
    at = found.at;
    squares = found.value;
  }
  const weights = weightsOf(free, at, form);
  const parameters = free.length + (form.trend === 'none' ? 1 : 2) + (form.seasonal ? season - 1 : 0) + 1;
  return { form, weights, start, aicc: correctedAic(values.length, squares, parameters) };
}

/** Corrected Akaike criterion of a least-squares fit; infinite where there are too few values for the parameters. */
export function correctedAic(count: number, squares: number, parameters: number): number {
  const spare = count - parameters - 1;
  if (spare <= 0) return Number.POSITIVE_INFINITY;
  return count * Math.log(Math.max(squares, Number.MIN_VALUE)) + (2 * parameters * count) / spare;
}

/**
 * Smooths the values from the given states on, which become those after the last value; `states` is level, trend and the
 * seasons. Returns the sum of the squared one-step errors.
 */
export function smooth(
  values: Float64Array,
  { alpha, beta, gamma, phi }: SmoothingWeights,
  states: Float64Array,
): number {
  const season = states.length - 2;
  let level = states[0] as number;
  let trend = states[1] as number;
  let squares = 0;
  for (let t = 0, place = 2; t < values.length; t++) {
    const known = states[place] as number;
    trend *= phi;
    const error = (values[t] as number) - level - trend - known;
    level += trend + alpha * error;
    trend += beta * error;
    states[place] = known + gamma * error;
    if (++place === season + 2) place = 2;
    squares += error * error;
  }
  states[0] = level;
  states[1] = trend;
  return squares;
}

/** What smoothing expects after states that were reached after `at` values. */
export function project(
  states: Float64Array,
  { trend: kind }: SmoothingForm,
  { phi }: SmoothingWeights,
  at: number,
  steps: number,
): Float64Array {
  const season = states.length - 2;
  let level = states[0] as number;
  let trend = states[1] as number;
  return Float64Array.from({ length: steps }, (_, i) => {
    if (kind !== 'none') {
      trend *= phi;
      level += trend;
    }
    return level + (states[2 + ((at + i) % season)] as number);
  });
}

type WeightName = keyof SmoothingWeights;

function freeWeights({ trend, seasonal }: SmoothingForm): WeightName[] {
  const names: WeightName[] = ['alpha'];
  if (trend !== 'none') names.push('beta');
  if (seasonal) names.push('gamma');
  if (trend === 'damped') names.push('phi');
  return names;
}

function weightsOf(names: readonly WeightName[], x: ArrayLike<number>, { trend }: SmoothingForm): SmoothingWeights {
  const weights = { alpha: 0, beta: 0, gamma: 0, phi: trend === 'none' ? 0 : 1 };
  names.forEach((name, i) => {
    weights[name] = x[i] as number;
  });
  return weights;
}

function admissible({ alpha, beta, gamma, phi }: SmoothingWeights, form: SmoothingForm): boolean {
  if (!(alpha >= LEAST_WEIGHT && alpha <= MOST_WEIGHT)) return false;
  if (form.trend !== 'none' && !(beta >= LEAST_WEIGHT && beta <= alpha)) return false;
  if (form.seasonal && !(gamma >= LEAST_WEIGHT && gamma <= 1 - alpha)) return false;
  return form.trend !== 'damped' || (phi >= LEAST_PHI && phi <= MOST_PHI);
}

/** States to begin from: means over the first seasons, as far as there are any. */
function firstStates(values: Float64Array, season: number, { trend }: SmoothingForm): Float64Array {
  const states = new Float64Array(season + 2);
  const span = season === 1 ? Math.min(10, values.length) : season;
  const mean = (from: number): number => {
    let sum = 0;
    for (let i = 0; i < span; i++) sum += values[from + i] as number;
    return sum / span;
  };
  if (season > 1) states.set(seasonalMeans(values.subarray(0, 5 * season), season), 2);
  states[0] = mean(0);
  if (trend !== 'none' && values.length >= 2 * span) {
    const perStep = (mean(span) - mean(0)) / span;
    states[0] -= (perStep * (span + 1)) / 2;
    states[1] = perStep;
  }
  return states;
}

/**
 * Moves the starting states to those of least squared errors under the given weights. Errors are linear in them; how
 * each answers to each is what smoothing makes of zeros from a unit state. The seasons add up to the same as before.
 */
function* fitStates(
  values: Float64Array,
  { alpha, beta, gamma, phi }: SmoothingWeights,
  start: Float64Array,
  { trend: kind }: SmoothingForm,
): Work<void> {
  const season = start.length - 2;
  const inputs = 1 + (kind === 'none' ? 0 : 1) + season - 1;
  const firstSeason = inputs - season + 1;
  const units = Array.from({ length: inputs + 1 }, (_, i) => {
    if (i === inputs) return start.slice();
    const unit = new Float64Array(start.length);
    unit[i < firstSeason ? i : 2 + i - firstSeason] = 1;
    if (i >= firstSeason) unit[season + 1] = -1;
    return unit;
  });
  const system = new RidgeSystem(inputs);
  const row = new Float64Array(inputs);
  for (let t = 0, place = 2; t < values.length; t++) {
    let error = 0;
    for (let i = 0; i <= inputs; i++) {
      const states = units[i] as Float64Array;
      const trend = phi * (states[1] as number);
      const given = i === inputs ? (values[t] as number) : 0;
      error = given - (states[0] as number) - trend - (states[place] as number);
      states[0] = (states[0] as number) + trend + alpha * error;
      states[1] = trend + beta * error;
      states[place] = (states[place] as number) + gamma * error;
      if (i < inputs) row[i] = -error;
    }
    system.add(row, error);
    if (++place === season + 2) place = 2;
    yield;
  }
  const move = system.solve(RIDGE);
  start[0] = (start[0] as number) + (move[0] as number);
  if (kind !== 'none') start[1] = (start[1] as number) + (move[1] as number);
  for (let i = firstSeason; i < inputs; i++) {
    const by = move[i] as number;
    start[2 + i - firstSeason] = (start[2 + i - firstSeason] as number) + by;
    start[season + 1] = (start[season + 1] as number) - by;
  }
}
