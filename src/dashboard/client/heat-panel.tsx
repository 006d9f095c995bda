import type { JSX } from 'preact';
import type { HeatRow, View } from '../page-data.ts';
import { apiPath } from './api.ts';
import { csvInstant } from './csv.ts';
import { durationText, labelText, momentText, seriesTitle } from './format.ts';
import { Panel } from './panel.tsx';
import { SeriesTitle } from './series-title.tsx';

/** What the degrees of a cell mean. */
const DEGREES = [
  'as expected',
  'beside the band',
  'outside',
  'far outside',
  'far outside while requests failed',
] as const;

/** Metrics by time, each cell as strange as it was. */
export function HeatPanel({ view }: { readonly view: View }): JSX.Element {
  const { rows, cellMs, from, leftOut } = view.heat;
  return (
    <Panel
      title="Anomaly heat map"
      note={leftOut > 0 ? `${rows.length} of ${rows.length + leftOut} series` : `each cell ${durationText(cellMs)}`}
      path={apiPath('anomalies', { service_id: view.service, from: new Date(from).toISOString(), limit: 1000 })}
      csvName={`${view.service}-heat-map`}
      csv={() => [
        ['metric', 'labels', 'from', 'degree'],
        ...rows.flatMap((row) =>
          [...row.cells].map((cell, i) => {
            return [
              row.metricName,
              labelText(row.labels),
              csvInstant(from + i * cellMs),
              cell === '.' ? '' : Number(cell),
            ];
          }),
        ),
      ]}
      class="heat"
    >
      {rows.length === 0 ? (
        <p class="empty">No series yet: rows come with the first samples of a metric.</p>
      ) : (
        <>
          <table>
            <caption class="unseen">How far each metric was from what was expected, through time</caption>
            <tbody>
              {rows.map((row) => (
                <tr key={`${row.metricName}\n${labelText(row.labels)}`}>
                  <th scope="row" title={seriesTitle(row.metricName, row.labels)}>
                    <SeriesTitle metricName={row.metricName} labels={row.labels} />
                  </th>
                  <td>
                    <Cells row={row} from={from} cellMs={cellMs} now={view.now} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <div class="heat-foot">
            <p class="axis" aria-hidden="true">
              <span>{momentText(from, view.now)}</span>
              <span>now</span>
            </p>
            <p class="legend">
              {DEGREES.slice(0, 4).map((text, degree) => (
                <span key={text}>
                  <i class={`d${degree}`} /> {text}
                </span>
              ))}
              <span>
                <i class="d4" /> and failing
              </span>
              <span>
                <i class="unjudged" /> not judged
              </span>
            </p>
          </div>
        </>
      )}
    </Panel>
  );
}

interface CellsProps {
  readonly row: HeatRow;
  readonly from: number;
  readonly cellMs: number;
  readonly now: number;
}

/** Neighbours of one degree as one piece. */
function Cells({ row, from, cellMs, now }: CellsProps): JSX.Element {
  const pieces = [...row.cells.matchAll(/(.)\1*/g)].map(([cells], i, all) => {
    const start = all.slice(0, i).reduce((sum, [before]) => sum + before.length, 0);
    return { degree: cells[0] as string, start, length: cells.length };
  });
  const strange = pieces.filter(({ degree }) => degree > '0');
  const words = strange.map(({ degree, start, length }) => {
    return `${DEGREES[Number(degree)]} from ${momentText(from + start * cellMs, now)} for ${durationText(length * cellMs)}`;
  });
  const text =
    words.length === 0 ? (/[0-9]/.test(row.cells) ? 'as expected throughout' : 'not judged yet') : words.join('; ');
  return (
    <svg class="cells" viewBox={`0 0 ${row.cells.length} 1`} preserveAspectRatio="none" role="img" aria-label={text}>
      <title>{text}</title>
      {pieces.map(({ degree, start, length }) =>
        degree === '.' ? null : <rect key={start} class={`d${degree}`} x={start} y="0" width={length} height="1" />,
      )}
    </svg>
  );
}
