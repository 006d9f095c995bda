import type { JSX } from 'preact';
import type { ForecastView, View } from '../page-data.ts';
import { apiPath } from './api.ts';
import { csvInstant } from './csv.ts';
import { labelText, seriesTitle, valueText } from './format.ts';
import { Panel } from './panel.tsx';

/** Rows that are shown before somebody asks for all. */
const FIRST_ROWS = 12;

/** What comes, how sure that is, and how sure it turned out to be. */
export function ForecastPanel({ view }: { readonly view: View }): JSX.Element {
  const { forecasts } = view;
  const level = forecasts[0]?.level;
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
          'model',
          'advice',
        ],
        ...forecasts.map((row) => [
          ...[row.metricName, labelText(row.labels), row.horizon, csvInstant(row.targetTime), row.value],
          ...[row.lower, row.upper, row.level, row.confidence, row.model, row.advice],
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
          <Rows rows={forecasts.slice(0, FIRST_ROWS)} />
          {forecasts.length > FIRST_ROWS ? (
            <details>
              <summary>{forecasts.length - FIRST_ROWS} more</summary>
              <Rows rows={forecasts.slice(FIRST_ROWS)} />
            </details>
          ) : null}
        </>
      )}
    </Panel>
  );
}

function Rows({ rows }: { readonly rows: readonly ForecastView[] }): JSX.Element {
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
            <th scope="col">Accuracy, measured</th>
            <th scope="col">What it means</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.metricName}\n${labelText(row.labels)}\n${row.horizon}`}>
              <th scope="row">
                <bdi class="name">{seriesTitle(row.metricName, row.labels)}</bdi>
              </th>
              <td class="number">{row.horizon}</td>
              <td class="number">
                <b>{valueText(row.value, row.unit)}</b>
              </td>
              <td class="number">
                {valueText(row.lower, row.unit)} – {valueText(row.upper, row.unit)}
              </td>
              <td>
                <Confidence share={row.confidence} />
              </td>
              <td class="words" dir="auto">
                {row.advice}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The share of recent forecasts that came true, as a bar and in words. */
function Confidence({ share }: { readonly share: number | undefined }): JSX.Element {
  if (share === undefined || share === null) return <span class="quiet">none has come due yet</span>;
  return (
    <span class="confidence" title="Share of recent forecasts at this horizon that came within 10 % of the value">
      <meter min={0} max={1} value={share} aria-label="Confidence">
        {share}
      </meter>
      {Math.round(share * 100)} in 100 within 10 %
    </span>
  );
}
