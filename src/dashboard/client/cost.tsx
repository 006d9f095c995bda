import type { JSX } from 'preact';
import type { View } from '../page-data.ts';
import { apiPath } from './api.ts';
import { bytesText, countText, numberText } from './format.ts';
import { Panel } from './panel.tsx';

/** What is needed. */
export interface CostProps {
  readonly view: View;
  readonly recordsPerSecond: number | undefined;
}

/** What the library itself takes in and costs. */
export function Cost({ view, recordsPerSecond }: CostProps): JSX.Element {
  const { stats } = view;
  const reasons = Object.entries(stats.rejected);
  const rejected = reasons.reduce((sum, [, count]) => sum + count, 0);
  const figures: readonly Figure[] = [
    { name: 'Records', value: `${numberText(recordsPerSecond)}/s`, more: `${countText(stats.accepted)} in all` },
    {
      name: 'Series',
      value: countText(stats.series),
      more: `of ${countText(stats.maxSeries)}; ${countText(stats.learning)} learning`,
      alarming: stats.series >= stats.maxSeries,
    },
    {
      name: 'Rejected',
      value: countText(rejected),
      more: reasons.map(([reason, count]) => `${reason.replaceAll('_', ' ')} ${countText(count)}`).join(', ') || 'none',
      alarming: rejected > 0,
    },
    { name: 'Late', value: countText(stats.late), more: 'came late, counted all the same' },
    { name: 'Dropped', value: countText(stats.dropped), more: 'no room, or too late', alarming: stats.dropped > 0 },
    { name: 'Memory', value: bytesText(stats.bytes), more: 'held by the library, estimated' },
  ];
  return (
    <Panel
      title="Own cost"
      note="of this library, in this process"
      path={apiPath('stats')}
      csvName="own-cost"
      csv={() => [
        ['figure', 'value'],
        ...[['records_per_second', recordsPerSecond] as const, ['accepted', stats.accepted] as const],
        ...[['series', stats.series] as const, ['max_series', stats.maxSeries] as const],
        ...[['rejected', rejected] as const, ['late', stats.late] as const],
        ...[['dropped', stats.dropped] as const, ['bytes', stats.bytes] as const],
      ]}
      class="cost"
    >
      <dl>
        {figures.map(({ name, value, more, alarming = false }) => (
          <div key={name} class={alarming ? 'alarming' : ''}>
            <dt>{name}</dt>
            <dd>
              <b>{value}</b>
              <span>{more}</span>
            </dd>
          </div>
        ))}
      </dl>
      {stats.overflow.length === 0 ? null : (
        <p class="learning">
          Beyond the limit: <bdi>{stats.overflow.map(({ metric }) => metric).join(', ')}</bdi>. Their totals are exact,
          their labels are no longer told apart.
        </p>
      )}
    </Panel>
  );
}

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly more: string;
  readonly alarming?: boolean;
}
