import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { autoArima, fitArima } from '../../../src/predict/arima.ts';
import { differencesNeeded, kpss, seasonalDifferencesNeeded } from '../../../src/predict/arima-differences.ts';
import { fitSmoothing, project, type SmoothingForm, smooth } from '../../../src/predict/exponential-smoothing.ts';
import { forecastSeries } from '../../../src/predict/forecast-series.ts';
import { finish } from '../../../src/stats/work.ts';

type Name = 'lake' | 'air' | 'gas' | 'nile' | 'wave';
interface Smoothed {
  readonly series: Name;
  readonly period: number;
  readonly squares: number;
  readonly forecast: readonly number[];
}
interface FromR {
  readonly series: Readonly<Record<Name, readonly number[]>>;
  readonly css: readonly {
    readonly series: Name;
    readonly order: readonly [number, number, number];
    readonly seasonal: readonly [number, number, number];
    readonly period: number;
    readonly mean: boolean;
    readonly coefficients: Readonly<Record<string, number>>;
    readonly sigma2: number;
    readonly forecast: readonly number[];
  }[];
  readonly differences: readonly {
    readonly series: Name;
    readonly period: number;
    readonly seasonal: 0 | 1;
    readonly first: number;
  }[];
  readonly auto: readonly { readonly series: Name; readonly period: number; readonly forecast: readonly number[] }[];
  readonly kpss: readonly { readonly series: Name; readonly statistic: number }[];
  readonly ets: readonly (Smoothed & { readonly model: string; readonly damped: boolean })[];
  readonly theta: readonly { readonly series: Name; readonly forecast: readonly number[] }[];
}
interface FromStatsmodels {
  readonly smoothed: readonly (Smoothed & {
    readonly alpha: number;
    readonly beta: number;
    readonly gamma: number;
    readonly phi: number;
    readonly level: number;
    readonly trend: number;
    readonly season: readonly number[] | null;
  })[];
  readonly holtWinters: readonly Smoothed[];
}

function golden<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as T;
}
const r = golden<FromR>('./r-forecast.json');
const statsmodels = golden<FromStatsmodels>('./statsmodels.json');

function values(name: Name): Float64Array {
  return Float64Array.from(r.series[name]);
}

function spread(numbers: ArrayLike<number>): number {
  return Math.max(...Array.from(numbers)) - Math.min(...Array.from(numbers));
}

/** Largest distance between two forecasts, as a share of the range of the series. */
function distance(found: ArrayLike<number>, wanted: readonly number[], name: Name): number {
  return Math.max(...wanted.map((value, i) => Math.abs(value - (found[i] as number)))) / spread(r.series[name]);
}

describe('arima against arima(method = "CSS") of R', () => {
  it.each(r.css)('$series $order $seasonal: coefficients, variance and forecasts', (one) => {
    const [p, d, q] = one.order;
    const [seasonalP, seasonalD, seasonalQ] = one.seasonal;
    const order = { p, d, q, seasonalP, seasonalD, seasonalQ, season: one.period, constant: one.mean };
    const fitted = finish(fitArima(values(one.series), order, 1e-12));
    const { ar1, ar2, ma1, sar1, sma1, intercept } = one.coefficients;
    // Both minimise the same sum by different searches; R's stops at a relative gain of 1e-14.
    const wanted = [ar1, ar2, ma1, sar1, sma1].filter((c) => c !== undefined);
    const found = [fitted?.ar, fitted?.ma, fitted?.seasonalAr, fitted?.seasonalMa].flatMap((c) => [...(c ?? [])]);
    expect(found).toHaveLength(wanted.length);
    wanted.forEach((c, i) => {
      expect(found[i]).toBeCloseTo(c, 3);
    });
    if (intercept !== undefined) expect(fitted?.mean).toBeCloseTo(intercept, 2);
    const counted = values(one.series).length - d - seasonalD * one.period - p - seasonalP * one.period;
    expect((fitted?.squares as number) / counted / one.sigma2).toBeCloseTo(1, 5);
  });

  it.each(r.differences)(
    '$series takes $seasonal seasonal and $first first differences, as nsdiffs and ndiffs',
    (one) => {
      const x = values(one.series);
      const seasonal = one.period > 1 ? seasonalDifferencesNeeded(x, one.period) : 0;
      expect(seasonal).toBe(one.seasonal);
      const rest = seasonal === 0 ? x : x.subarray(one.period).map((value, i) => value - (x[i] as number));
      expect(differencesNeeded(rest, 2 - seasonal)).toBe(one.first);
    },
  );

  it.each(r.kpss)('$series has the statistic of ur.kpss', ({ series, statistic }) => {
    expect(kpss(values(series))).toBeCloseTo(statistic, 9);
  });

  // auto.arima fits by exact likelihood in the end, and may choose another order: near, not the same.
  it.each(r.auto)('$series: forecasts of the chosen orders within 10 % of the range of auto.arima', (one) => {
    const fitted = finish(autoArima(values(one.series), one.period));
    expect(fitted.aicc).toBeLessThan(Number.POSITIVE_INFINITY);
    const { mean } = forecastSeries(r.series[one.series], { steps: 12, seasonLength: one.period, model: 'arima' });
    expect(distance(mean, one.forecast, one.series)).toBeLessThan(0.1);
  });
});

describe('exponential smoothing against statsmodels', () => {
  it.each(statsmodels.smoothed)('$series alpha $alpha beta $beta gamma $gamma phi $phi: one pass', (one) => {
    const { alpha, beta, gamma, phi, level, trend, season } = one;
    const form: SmoothingForm = {
      trend: beta === 0 ? 'none' : phi < 1 ? 'damped' : 'additive',
      seasonal: season !== null,
    };
    const states = Float64Array.of(level, trend, ...(season ?? [0]));
    const weights = { alpha, beta, gamma, phi: beta === 0 ? 0 : phi };
    const squares = smooth(values(one.series), weights, states);
    expect(squares / one.squares).toBeCloseTo(1, 10);
    const forecast = project(states, form, weights, values(one.series).length, 12);
    one.forecast.forEach((value, i) => {
      expect(forecast[i]).toBeCloseTo(value, 7);
    });
  });

  // Each search ends in a local minimum of its own; that of `wave` lies on the border gamma = 1 − alpha, 5 % higher.
  it.each(statsmodels.holtWinters)('$series: the squared errors of Holt-Winters', (one) => {
    const fitted = finish(fitSmoothing(values(one.series), one.period, { trend: 'additive', seasonal: true }));
    const states = fitted.start.slice();
    expect(smooth(values(one.series), fitted.weights, states) / one.squares).toBeLessThan(1.06);
  });
});

describe('exponential smoothing against ets of R', () => {
  it.each(r.ets)('$series $model: squared errors no more than 2 % over', (one) => {
    const form: SmoothingForm = {
      trend: one.model[1] === 'N' ? 'none' : one.damped ? 'damped' : 'additive',
      seasonal: one.model[2] === 'A',
    };
    const fitted = finish(fitSmoothing(values(one.series), one.period, form));
    const states = fitted.start.slice();
    expect(smooth(values(one.series), fitted.weights, states) / one.squares).toBeLessThan(1.02);
    const forecast = project(states, form, fitted.weights, values(one.series).length, 12);
    expect(distance(forecast, one.forecast, one.series)).toBeLessThan(0.08);
  });
});

describe('theta against thetaf of R', () => {
  it.each(r.theta)('$series within 1 % of the range', ({ series, forecast }) => {
    const { mean } = forecastSeries(r.series[series], { steps: 6, seasonLength: 1, model: 'theta' });
    expect(distance(mean, forecast, series)).toBeLessThan(0.01);
  });
});

describe('prophet against lm of R', () => {
  it('without a bend its seasons are those of least squares', () => {
    const { fourier } = golden<{ fourier: { fitted: readonly number[] } }>('./r-forecast.json');
    const { mean } = forecastSeries(r.series.wave, { steps: 24, seasonLength: 24, model: 'prophet' });
    // The priors, the small trend and the week move it by some hundredths of the range.
    expect(distance(mean, fourier.fitted, 'wave')).toBeLessThan(0.1);
  });
});
