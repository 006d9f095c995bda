import type { WatchedSample } from './aggregate/series-state.ts';
import type { AnomalyDetector, DetectorSeriesSnapshot } from './detect/anomaly-detector.ts';
import type { Anomaly, Observation } from './model/anomaly.ts';
import type { Sample } from './model/sample.ts';
import type { SeriesId } from './model/series-key.ts';
import { SeriesMap } from './model/series-map.ts';
import type { Predictor } from './predict/predictor.ts';
import type { PredictorSeriesSnapshot } from './predict/predictor-options.ts';
import type { SeriesCourses } from './series-courses.ts';
import type { CourseSnapshot } from './stats/course.ts';

/** What an episode did, as an event. */
export interface EpisodeEvent {
  readonly event: 'anomaly' | 'anomalyUpdated' | 'anomalyClosed';
  readonly anomaly: Anomaly;
  /** It was announced on account of a sample that turned out otherwise: there is no such episode. */
  readonly withdrawn?: true;
}

/** How a series was before the sample that was shown. Plain and structured-cloneable. */
export interface Shown {
  readonly timestamp: number;
  readonly value: number;
  readonly detector: DetectorSeriesSnapshot | undefined;
  readonly predictor: PredictorSeriesSnapshot | undefined;
}

/** All that detector, predictor and charts know of one series. Plain and structured-cloneable. */
export interface SeriesCheckpoint {
  readonly detector: DetectorSeriesSnapshot | undefined;
  readonly predictor: PredictorSeriesSnapshot | undefined;
  readonly course: CourseSnapshot | undefined;
}

/** State of a feed. Plain and structured-cloneable. */
export interface FeedSnapshot {
  readonly shown: readonly { readonly series: SeriesId; readonly state: Shown }[];
  readonly told: readonly { readonly series: SeriesId; readonly told: Told }[];
}

/** An episode that was announced on account of a shown sample. */
interface Told {
  readonly anomaly: Anomaly;
  /** Whether that sample opened it; else it raised its severity. */
  readonly opened: boolean;
}

/**
 * Hands samples to detector and predictor. Samples whose slot is not over may be *shown* to them early, so that a reader
 * need not wait; before anything final of their service is taken, all that was shown is taken back. What is found in
 * the end is therefore the same however often somebody looked.
 */
export class SampleFeed {
  readonly #detector: AnomalyDetector;
  readonly #predictor: Predictor;
  readonly #courses: SeriesCourses;
  readonly #shown = new SeriesMap<Shown>();
  readonly #told = new SeriesMap<Told>();

  /** @param courses where what was made of each sample is kept for charts */
  constructor(detector: AnomalyDetector, predictor: Predictor, courses: SeriesCourses) {
    this.#detector = detector;
    this.#predictor = predictor;
    this.#courses = courses;
  }

  /** Takes the sample of a slot that is over, after `takeBack` of its service; returns what it did to its episodes. */
  take({ series, timestamp, value }: WatchedSample): EpisodeEvent[] {
    return this.#tell(series, this.#observe(series, timestamp, value, true), true);
  }

  /** Shows the sample of a slot that may still change, in place of what was shown of that slot before. */
  show({ series, timestamp, value }: WatchedSample): EpisodeEvent[] {
    const before = this.#shown.get(series);
    if (before?.timestamp === timestamp && before.value === value) return [];
    if (before !== undefined) this.#restore(series, before);
    const { detector, predictor } = before ?? {
      detector: this.#detector.snapshotSeries(series),
      predictor: this.#predictor.snapshotSeries(series),
    };
    this.#shown.set(series, { timestamp, value, detector, predictor });
    return this.#tell(series, this.#observe(series, timestamp, value, false), false);
  }

  /** Learns history that nobody needs to be told of; returns how many samples the detector took. */
  backfill(all: readonly Sample[]): number {
    for (const sample of all) this.#predictor.observe(sample);
    return this.#detector.backfill(all, (sample, observation) => {
      this.#courses.add(sample, Number(sample.timestamp), sample.value, observation, true);
    });
  }

  /** Takes back all that was shown of a service. */
  takeBack(serviceId: string): void {
    if (this.#shown.size === 0) return;
    for (const [series, before] of this.#shown.entries(serviceId)) {
      this.#restore(series, before);
      this.#shown.delete(series);
    }
  }

  /** Drops all that is known of a series, which ends its open episode. */
  forget(series: SeriesId): EpisodeEvent[] {
    const { anomaly, lastTimestamp } = this.#detector.explain(series.serviceId, series.metricName, series.labels);
    this.#detector.forget(series);
    this.#predictor.forget(series);
    this.#courses.forget(series);
    this.#shown.delete(series);
    this.#told.delete(series);
    if (anomaly === undefined) return [];
    return [{ event: 'anomalyClosed', anomaly: { ...anomaly, status: 'closed', endedAt: lastTimestamp } }];
  }

  /** What is known of a series for good, as if nothing of it had been shown. */
  checkpoint(series: SeriesId): SeriesCheckpoint {
    const { detector, predictor } = this.#shown.get(series) ?? {
      detector: this.#detector.snapshotSeries(series),
      predictor: this.#predictor.snapshotSeries(series),
    };
    return { detector, predictor, course: this.#courses.snapshotSeries(series) };
  }

  /** Takes a sample once more that was taken after a checkpoint, without a word. */
  replay(series: SeriesId, timestamp: number, value: number, errorRate: number): void {
    const { serviceId, metricName, labels } = series;
    const sample = { serviceId, metricName, labels, timestamp, value };
    this.#predictor.observe(sample);
    this.#courses.add(series, timestamp, value, this.#detector.replay(sample, errorRate), true);
  }

  /** What was announced of a service on account of samples that were only shown. */
  toldOf(serviceId: string): FeedSnapshot['told'] {
    return Array.from(this.#told.entries(serviceId), ([series, told]) => ({ series, told }));
  }

  snapshot(): FeedSnapshot {
    return {
      shown: Array.from(this.#shown.entries(), ([series, state]) => ({ series, state })),
      told: Array.from(this.#told.entries(), ([series, told]) => ({ series, told })),
    };
  }

  /** A feed that goes on where `snapshot` was taken, with detector and predictor of that moment. */
  static restore(
    snapshot: FeedSnapshot,
    detector: AnomalyDetector,
    predictor: Predictor,
    courses: SeriesCourses,
  ): SampleFeed {
    const feed = new SampleFeed(detector, predictor, courses);
    for (const { series, state } of snapshot.shown) feed.#shown.set(series, state);
    for (const { series, told } of snapshot.told) feed.#told.set(series, told);
    return feed;
  }

  #observe(series: SeriesId, timestamp: number, value: number, isFinal: boolean): Observation {
    const { serviceId, metricName, labels } = series;
    const sample = { serviceId, metricName, labels, timestamp, value };
    this.#predictor.observe(sample);
    const observation = this.#detector.observe(sample);
    this.#courses.add(series, timestamp, value, observation, isFinal);
    return observation;
  }

  #restore(series: SeriesId, before: Shown): void {
    this.#detector.restoreSeries(series, before.detector);
    this.#predictor.restoreSeries(series, before.predictor);
  }

  /** What is new to listeners, who may have been told of the same slot before. */
  #tell(series: SeriesId, { transition, anomaly }: Observation, isFinal: boolean): EpisodeEvent[] {
    const events: EpisodeEvent[] = [];
    const told = this.#told.get(series);
    const again = told !== undefined && told.anomaly.id === anomaly?.id;
    if (told !== undefined && (isFinal || !again)) this.#told.delete(series);
    if (told?.opened && !again) {
      const withdrawn: Anomaly = { ...told.anomaly, status: 'closed', endedAt: told.anomaly.timestamp };
      events.push({ event: 'anomalyClosed', anomaly: withdrawn, withdrawn: true });
    }
    if (anomaly === undefined || transition === undefined) return events;
    if (transition === 'closed') {
      // An end that was only shown may be taken back.
      if (isFinal) events.push({ event: 'anomalyClosed', anomaly });
    } else if (anomaly.silenced || transition === 'updated' || (again && told.anomaly.severity === anomaly.severity)) {
      events.push({ event: 'anomalyUpdated', anomaly });
    } else {
      events.push({ event: 'anomaly', anomaly });
      if (!isFinal) this.#told.set(series, { anomaly, opened: again ? told.opened : transition === 'opened' });
    }
    return events;
  }
}
