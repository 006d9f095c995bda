import type { WatchedSample } from './aggregate/series-state.ts';
import type { AnomalyDetector, DetectorSeriesSnapshot } from './detect/anomaly-detector.ts';
import type { Anomaly, Observation } from './model/anomaly.ts';
import type { SeriesId } from './model/series-key.ts';
import { SeriesMap } from './model/series-map.ts';
import type { Predictor, PredictorSeriesSnapshot } from './predict/predictor.ts';

/** What an episode did, as an event. */
export interface EpisodeEvent {
  readonly event: 'anomaly' | 'anomalyUpdated' | 'anomalyClosed';
  readonly anomaly: Anomaly;
}

/** How a series was before its provisional sample. Plain and structured-cloneable. */
export interface Undo {
  readonly detector: DetectorSeriesSnapshot | undefined;
  readonly predictor: PredictorSeriesSnapshot | undefined;
  /** Episode that the provisional sample opened. */
  readonly opened: Anomaly | undefined;
}

/** Undo states by series. */
export type UndoSnapshot = readonly { readonly series: SeriesId; readonly undo: Undo }[];

/**
 * Hands samples to detector and predictor. A provisional sample, one shown before its slot was over, is taken back when
 * the slot turns out otherwise, so that flushing early never changes what is found in the end.
 */
export class SampleFeed {
  readonly #detector: AnomalyDetector;
  readonly #predictor: Predictor;
  readonly #undos = new SeriesMap<Undo>();

  constructor(detector: AnomalyDetector, predictor: Predictor, undos: UndoSnapshot = []) {
    this.#detector = detector;
    this.#predictor = predictor;
    for (const { series, undo } of undos) this.#undos.set(series, undo);
  }

  /** Takes one sample; returns what it did to its series' episodes. */
  take({ series, timestamp, value, stage }: WatchedSample): EpisodeEvent[] {
    if (stage === 'confirmed') {
      this.#undos.delete(series);
      return [];
    }
    const before = this.#undos.get(series);
    if (before !== undefined) {
      this.#detector.restoreSeries(series, before.detector);
      this.#predictor.restoreSeries(series, before.predictor);
    }
    const undo = stage === 'provisional' ? (before ?? this.#undoOf(series)) : undefined;
    const sample = { ...series, timestamp, value };
    const observation = this.#detector.observe(sample);
    this.#predictor.observe(sample);
    const opened = observation.transition === 'opened' ? observation.anomaly : undefined;
    if (undo === undefined) this.#undos.delete(series);
    else this.#undos.set(series, { ...undo, opened });
    return episodeEvents(observation, before?.opened);
  }

  /** Drops all that is known of a series. */
  forget(series: SeriesId): void {
    this.#detector.forget(series);
    this.#predictor.forget(series);
    this.#undos.delete(series);
  }

  snapshot(): UndoSnapshot {
    return [...this.#undos.entries()].map(([series, undo]) => ({ series, undo }));
  }

  #undoOf(series: SeriesId): Undo {
    return {
      detector: this.#detector.snapshotSeries(series),
      predictor: this.#predictor.snapshotSeries(series),
      opened: undefined,
    };
  }
}

/** `announced` is an episode that was opened by a sample that has been taken back. */
function episodeEvents({ transition, anomaly }: Observation, announced: Anomaly | undefined): EpisodeEvent[] {
  const events: EpisodeEvent[] = [];
  const again = announced !== undefined && anomaly?.id === announced.id;
  if (announced !== undefined && !again) {
    const withdrawn: Anomaly = { ...announced, status: 'closed', endedAt: announced.timestamp };
    events.push({ event: 'anomalyClosed', anomaly: withdrawn });
  }
  if (anomaly === undefined) return events;
  if (transition === 'opened') events.push({ event: again ? 'anomalyUpdated' : 'anomaly', anomaly });
  else if (transition === 'rose') events.push({ event: 'anomaly', anomaly });
  else if (transition === 'updated') events.push({ event: 'anomalyUpdated', anomaly });
  else if (transition === 'closed') events.push({ event: 'anomalyClosed', anomaly });
  return events;
}
