import { OPERATION_DURATION } from '../model/metric-kind.ts';
import { PERIOD_MS } from '../model/period.ts';
import { canonicalLabels, OVERFLOW } from '../model/series-key.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import type { Frontier } from './frontier.ts';
import { LateRecord } from './late-record.ts';
import type { Slot } from './merged-slots.ts';
import type { IntakeCounts } from './operation-intake.ts';
import type { GaugeReading, PartialsTarget, SeriesName, ServicePart } from './read-partials.ts';

import type { Retention } from './retention.ts';
import type { SampleSlots } from './sample-slots.ts';
import type { EncodedSeries } from './series-encoding.ts';
import { isOverflow } from './series-limit.ts';
import type { KnownSeries, SeriesRegistry } from './series-registry.ts';
import type { ServiceCounts } from './service-accumulator.ts';
import type { ServiceState } from './service-state.ts';

const MINUTE_MS = PERIOD_MS['1m'];

/** Puts what other aggregators gathered where it belongs, as if its records had come here; one service at a time. */
export class Merging implements PartialsTarget {
  readonly #registry: SeriesRegistry;
  readonly #frontier: Frontier;
  readonly #slots: SampleSlots;
  readonly #retention: Retention;
  readonly #counts: IntakeCounts;
  readonly #scratch = new SketchContents();
  #part!: ServicePart;
  #service!: ServiceState;
  /** Those that have had samples, by their place in the service. */
  #series: (KnownSeries | undefined)[] = [];
  /** Times of their newest samples, to be noted when their slots are in. */
  readonly #newest = new Map<KnownSeries, number>();
  #minute = 0;
  /** Whether the minute is no longer kept. */
  #isGone = false;
  /** What goes into closed buckets, where the minute is closed. */
  #late: LateRecord | undefined;

  constructor(
    registry: SeriesRegistry,
    frontier: Frontier,
    slots: SampleSlots,
    retention: Retention,
    counts: IntakeCounts,
  ) {
    this.#registry = registry;
    this.#frontier = frontier;
    this.#slots = slots;
    this.#retention = retention;
    this.#counts = counts;
  }

  beginService(part: ServicePart): void {
    const { serviceId, records, hasOperations, gauges, audience } = part;
    const isTheirs = serviceId === OVERFLOW;
    if (isTheirs) this.#registry.noteOverflowService(records);
    const service = this.#registry.serviceOf(serviceId, isTheirs ? 0 : records);
    service.hasOperations ||= hasOperations;
    for (const gauge of gauges) this.#takeGauge(service, gauge);
    service.audience.merge(audience);
    this.#part = part;
    this.#service = service;
    this.#series = [];
  }

  beginMinute(minute: number): void {
    const service = this.#service;
    const start = minute * MINUTE_MS;
    const isClosed = start < service.closedUpTo;
    this.#minute = minute;
    this.#isGone = isClosed && !this.#retention.covers(service, start + MINUTE_MS - 1);
    this.#late = isClosed ? new LateRecord(service, start) : undefined;
  }

  addSamples(index: number, summary: EncodedSeries, contents: SketchContents): void {
    if (this.#isGone) return;
    const series = this.#seriesAt(index, contents.count);
    // Of its own samples, as long as its row says nothing else.
    if (!this.#newest.has(series)) series.noteNewest(series.newest);
    this.#newest.set(series, Math.max(summary.lastAt, this.#newest.get(series) ?? summary.lastAt));
    if (this.#late !== undefined) {
      this.#late.addSummary(series, summary, contents);
      return;
    }
    const isNew = series.rowAt(this.#minute) === undefined;
    const row = series.openRow(this.#minute);
    if (series.series.metricName === OPERATION_DURATION) {
      const minute = this.#service.openMinute(this.#minute);
      if (isNew) minute.addOperation(series, row);
      minute.mergeDurations(contents);
    }
    this.#registry.rows.merge(row, contents, summary);
  }

  endMinute(counts: ServiceCounts, records: number): void {
    if (this.#late === undefined) {
      this.#service.openMinute(this.#minute).add(counts);
      return;
    }
    this.#counts.late += records;
    this.#late.addCounts(counts);
    if (this.#isGone || !this.#late.land(this.#scratch)) this.#counts.dropped += records;
  }

  addSlot(index: number, slot: Slot): void {
    const series = this.#series[index];
    if (series !== undefined) this.#slots.merge(this.#service, series, slot);
  }

  endService(): void {
    const service = this.#service;
    const { newest, live } = this.#part;
    for (const [series, timestamp] of this.#newest) series.noteNewest(timestamp);
    this.#newest.clear();
    // Of two that are equally new either may say so, whichever comes first.
    this.#frontier.arrive(service, newest, live || (newest === service.newest && service.live));
  }

  /** The series at a place, made where it is new; counts what goes into an overflow series. */
  #seriesAt(index: number, count: number): KnownSeries {
    const known = this.#series[index];
    if (known !== undefined) return known;
    const name = this.#part.series[index] as SeriesName;
    const { metricName } = name;
    // Makes their key once, for all who look it up.
    const labels = canonicalLabels(name.labels);
    const isTheirs = isOverflow({ serviceId: '', metricName, labels });
    if (isTheirs) this.#registry.noteOverflow(metricName, count);
    const series = this.#registry.seriesOf(this.#service, metricName, labels, isTheirs ? 0 : count);
    if (!isOverflow(series.series)) this.#series[index] = series;
    return series;
  }

  #takeGauge(service: ServiceState, { field, metricName, value, timestamp }: GaugeReading): void {
    const { latest, serviceId } = service;
    const known = latest?.[field];
    if (known !== undefined) {
      const knownAt = this.#registry.series.get({ serviceId, metricName })?.newest ?? (latest?.timestamp as number);
      if (timestamp < knownAt || (timestamp === knownAt && value <= known)) return;
    }
    service.latest = { ...latest, [field]: value, timestamp: Math.max(timestamp, latest?.timestamp ?? timestamp) };
  }
}
