import type { JSX } from 'preact';
import type { ForecastView, View } from '../page-data.ts';
import { apiPath } from './api.ts';
import { csvInstant } from './csv.ts';
import { errorText, horizonText, isShortUnit, labelText, rangeText, valueText } from './format.ts';
import { Panel } from './panel.tsx';
import { SeriesTitle } from './series-title.tsx';

/** Series that are shown before somebody asks for all. */
const FIRST_SERIES = 6;

/** What comes, how sure that is, and how sure it turned out to be. */
export function ForecastPanel({ view }: { readonly view: View }): JSX.Element {
  const { forecasts } = view;
  const level = forecasts[0]?.level;
  const series = bySeries(forecasts);
  return (
    <Panel
      title="Forecasts"
      note={level === undefined ? undefined : `intervals hold ${Math.round(level * 100)} in 100`}
      path={apiPath('predictions', { service_id: view.service, limit: 1000 })}
      csvName={`${view.service}-forecasts`}
      csv={() => [
        [
          'metric',
          'labels',
          'horizon',
          'target_time',
          'value',
          'lower',
          'upper',
          'level',
          'confidence',
          'mean_absolute_error',
          'coverage',
          'model',
          'advice',
        ],
        ...forecasts.map((row) => [
          ...[row.metricName, labelText(row.labels), row.horizon, csvInstant(row.targetTime), row.value],
          ...[row.lower, row.upper, row.level, row.confidence],
          ...[row.accuracy?.meanAbsoluteError, row.accuracy?.coverage, row.model, row.advice],
        ]),
      ]}
      class="forecasts"
    >
      {forecasts.length === 0 ? (
        <p class="empty">
          None yet: a series is forecast from its 20th sample on, which is 20 seconds for gauges that are sent every
          second and 20 minutes for what is counted once a minute.
        </p>
      ) : (
        <>
          <Rows series={series.slice(0, FIRST_SERIES)} />
          {series.length > FIRST_SERIES ? (
            <details>
              <summary>{series.length - FIRST_SERIES} more</summary>
              <Rows series={series.slice(FIRST_SERIES)} />
            </details>
          ) : null}
        </>
      )}
    </Panel>
  );
}

/** Forecasts of one series for its horizons. */
type SeriesForecasts = readonly [ForecastView, ...ForecastView[]];

/** The most pressing series come first, as they come from the server. */
function bySeries(forecasts: readonly ForecastView[]): SeriesForecasts[] {
  const found = new Map<string, [ForecastView, ...ForecastView[]]>();
  for (const forecast of forecasts) {
    const key = `${forecast.metricName}\n${labelText(forecast.labels)}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [forecast]);
    else known.push(forecast);
  }
  return [...found.values()];
}

const NO_ACTION = 'no action needed';

/** What is to be done; where nothing is, what comes in the longest time. */
function adviceOf(forecasts: SeriesForecasts): string {
  const pressing = forecasts.find(({ advice }) => !advice.endsWith(NO_ACTION));
  return (pressing ?? forecasts.at(-1) ?? forecasts[0]).advice;
}

function Rows({ series }: { readonly series: readonly SeriesForecasts[] }): JSX.Element {
  return (
    <div class="scroll">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" class="number">
              In
            </th>
            <th scope="col" class="number">
              Forecast
            </th>
            <th scope="col" class="number">
              Interval
            </th>
            <th scope="col">Confidence, as measured</th>
            <th scope="col" class="number">
              Off by, as measured
            </th>
            <th scope="col">What it means</th>
          </tr>
        </thead>
        {series.map((forecasts) => {
          const [{ metricName, labels, unit }] = forecasts;
          const shown = isShortUnit(unit) ? unit : undefined;
          return (
            <tbody key={`${metricName}\n${labelText(labels)}`}>
              {forecasts.map(({ horizon, value, lower, upper, confidence, accuracy }, i) => (
                <tr key={horizon}>
                  {i > 0 ? null : (
                    <th scope="rowgroup" rowSpan={forecasts.length}>
                      <SeriesTitle metricName={metricName} labels={labels} />
                      {shown === unit ? null : <small dir="auto">{unit}</small>}
                    </th>
                  )}
                  <td class="number">{horizonText(horizon)}</td>
                  <td class="number">
                    <b>{valueText(value, shown)}</b>
                  </td>
                  <td class="number">{rangeText(lower, upper, shown)}</td>
                  <td>
                    <Confidence share={confidence} />
                  </td>
                  <td class="number off" title={recordOf(accuracy)}>
                    {accuracy ? errorText(accuracy.meanAbsoluteError, value, shown) : '–'}
                  </td>
                  {i > 0 ? null : (
                    <td class="words" dir="auto" rowSpan={forecasts.length}>
                      {adviceOf(forecasts)}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          );
        })}
      </table>
    </div>
  );
}

/** How earlier forecasts turned out, in words. */
function recordOf(accuracy: ForecastView['accuracy'] | null): string {
  if (accuracy === undefined || accuracy === null) return 'No forecast at this horizon has come due yet';
  const { scored, coverage, relativeError } = accuracy;
  const beside =
    relativeError === undefined || relativeError === null
      ? ''
      : `, ${relativeError.toFixed(2)} of the error of repeating the last value`;
  return `Mean error of ${scored} forecasts that came due${beside}; ${Math.round(coverage * 100)} in 100 were inside the interval`;
}

/** The share of recent forecasts that came true, as a bar and in words. */
function Confidence({ share }: { readonly share: number | undefined }): JSX.Element {
  if (share === undefined || share === null) {
    return (
      <span class="quiet">
        none <span class="wide">has come </span>due yet
      </span>
    );
  }
  return (
    <span class="confidence" title="Share of recent forecasts at this horizon that came within 10 % of the value">
      <meter min={0} max={1} value={share} aria-label="Confidence">
        {share}
      </meter>
      <span>
        {Math.round(share * 100)} in 100<span class="wide"> within 10 %</span>
      </span>
    </span>
  );
}
