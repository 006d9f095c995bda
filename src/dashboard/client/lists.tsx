import type { JSX } from 'preact';
import type { View } from '../page-data.ts';
import { apiPath } from './api.ts';
import { countText, valueText } from './format.ts';
import { Panel } from './panel.tsx';

/** What failed most, who came most, what took longest. */
export function Lists({ view }: { readonly view: View }): JSX.Element {
  const { topErrors, topUsers, slowest, service } = view;
  const path = apiPath('dashboard', { service_id: service });
  return (
    <div class="row thirds">
      <Panel
        title="Top errors"
        note="two days"
        path={path}
        csvName={`${service}-top-errors`}
        csv={() => [['error', 'count'], ...topErrors.map(({ error, count }) => [error, count])]}
      >
        <Bars
          rows={topErrors.map(({ error, count }) => [error, count, countText(count)])}
          empty="No error was recorded."
        />
      </Panel>
      <Panel
        title="Top users"
        note="two days"
        path={path}
        csvName={`${service}-top-users`}
        csv={() => [['user', 'count'], ...topUsers.map(({ userId, count }) => [userId, count])]}
      >
        <Bars
          rows={topUsers.map(({ userId, count }) => [userId, count, countText(count)])}
          empty="No event or behaviour named a user."
        />
      </Panel>
      <Panel
        title="Slowest operations"
        note="p95, newest hour"
        path={apiPath('series/latest', { service_id: service, metric_name: 'operation_duration', period: '1h' })}
        csvName={`${service}-slowest-operations`}
        csv={() => [
          ['operation', 'count', 'p50_ms', 'p95_ms'],
          ...slowest.map(({ operation, count, p50Latency, p95Latency }) => [operation, count, p50Latency, p95Latency]),
        ]}
      >
        <Bars
          rows={slowest.map(({ operation, count, p50Latency, p95Latency }) => [
            operation,
            p95Latency,
            valueText(p95Latency, 'ms'),
            `${countText(count)} times, half within ${valueText(p50Latency, 'ms')}`,
          ])}
          empty="No operation was recorded in the newest hour."
        />
      </Panel>
    </div>
  );
}

type Bar = readonly [name: string, size: number, text: string, more?: string];

/** Names with a bar behind each. */
function Bars({ rows, empty }: { readonly rows: readonly Bar[]; readonly empty: string }): JSX.Element {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const most = Math.max(...rows.map(([, size]) => size));
  return (
    <ol class="bars">
      {rows.map(([name, size, text, more]) => (
        <li key={name} title={more}>
          <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
            <rect width={most > 0 ? (100 * size) / most : 0} height="1" />
          </svg>
          <bdi class="name">{name}</bdi>
          <span class="number">{text}</span>
          {more === undefined ? null : <span class="unseen">{more}</span>}
        </li>
      ))}
    </ol>
  );
}
