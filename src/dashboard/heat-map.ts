import type { Anomaly, Severity } from '../model/anomaly.ts';
import { labelsKey } from '../model/series-key.ts';
import type { Service } from '../service.ts';
import type { HeatMap } from './page-data.ts';

/** Columns: as many as can be told apart on a narrow screen. */
const CELLS = 72;
const MAX_ROWS = 40;
/** Distance from the middle of the band, in halves of its width, from which a cell is of the next degree. */
const DEGREES = [1, 1.5, 2.5] as const;
/** An episode colours its cells at least by its severity. */
const DEGREE_OF: Readonly<Record<Severity, number>> = { low: 1, medium: 2, high: 3, critical: 4 };

/** A row for each watched series of a service. */
export function heatMap(
  service: Service,
  serviceId: string | undefined,
  anomalies: readonly Anomaly[],
  from: number,
  now: number,
): HeatMap {
  const cellMs = (now - from) / CELLS;
  const all = serviceId === undefined ? [] : service.listSeries(serviceId);
  const rows = all.slice(0, MAX_ROWS).map(({ metricName, labels }) => {
    const chart = service.getChart(serviceId as string, metricName, { labels: labels ?? {}, from, points: 2 * CELLS });
    const sums = new Float64Array(CELLS);
    const counts = new Float64Array(CELLS);
    for (const [i, timestamp] of chart.timestamps.entries()) {
      const lower = chart.lower[i];
      const upper = chart.upper[i];
      const cell = Math.min(CELLS - 1, Math.floor((timestamp - from) / cellMs));
      if (lower === undefined || upper === undefined || cell < 0) continue;
      const half = (upper - lower) / 2;
      const distance = Math.abs((chart.values[i] as number) - (upper + lower) / 2);
      // A band without width belongs to a series that never moved.
      (sums[cell] as number) += half > 0 ? distance / half : 0;
      (counts[cell] as number)++;
    }
    const degrees = Array.from(counts, (count, cell) => (count === 0 ? -1 : degreeOf((sums[cell] as number) / count)));
    const spans = fill(degrees, chart.stepMs / cellMs);
    for (const anomaly of anomalies) {
      if (anomaly.metricName !== metricName || labelsKey(anomaly.labels) !== labelsKey(labels)) continue;
      const first = Math.floor((anomaly.startedAt - from) / cellMs);
      const last = Math.floor(((anomaly.endedAt ?? now) - from) / cellMs);
      for (let cell = Math.max(0, first); cell <= Math.min(CELLS - 1, last); cell++) {
        spans[cell] = Math.max(spans[cell] as number, DEGREE_OF[anomaly.severity]);
      }
    }
    return { metricName, labels, cells: spans.map((degree) => (degree < 0 ? '.' : degree)).join('') };
  });
  return { from, cellMs, rows, leftOut: Math.max(0, all.length - MAX_ROWS) };
}

function degreeOf(distance: number): number {
  return DEGREES.filter((degree) => distance > degree).length;
}

/** Where samples are farther apart than cells, one speaks for the cells up to the next. */
function fill(degrees: readonly number[], stepCells: number): number[] {
  const filled = [...degrees];
  const reach = Math.ceil(stepCells);
  let lastSeen = Number.NEGATIVE_INFINITY;
  for (let cell = 0; cell < filled.length; cell++) {
    if ((degrees[cell] as number) >= 0) lastSeen = cell;
    else if (cell - lastSeen <= reach) filled[cell] = degrees[lastSeen] as number;
  }
  return filled;
}
