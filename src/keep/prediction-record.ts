import type { Prediction } from '../model/forecast.ts';
import type { SeriesId } from '../model/series-key.ts';
import { SeriesMap } from '../model/series-map.ts';
import type { Predictor } from '../predict/predictor.ts';
import type { Store, StoredRow } from '../store/store.ts';
import {
  type RecordedPrediction,
  recordedPrediction,
  type StoredPrediction,
  storedPrediction,
} from '../store/stored-prediction.ts';

interface Followed {
  /** By horizon, those of which the truth is not known yet. */
  readonly open: Map<string, Prediction>;
  /** By horizon, when the next one is due. */
  readonly due: Map<string, number>;
  /** Whether a sample came since predictions were last taken. */
  changed: boolean;
}

/**
 * Follows predictions of every series: of each horizon one an hour at most, and never two at a time; when its target time
 * has come, it gets its truth. Enough to see how good they are, at a tenth of what all of them would take.
 */
export class PredictionRecord {
  readonly #predictor: Predictor;
  readonly #series = new SeriesMap<Followed>();
  readonly #known: StoredRow[] = [];

  constructor(predictor: Predictor) {
    this.#predictor = predictor;
  }

  /** Follows those again that are stored without their truth. */
  async resume(store: Store, newest: number | undefined): Promise<void> {
    if (newest === undefined) return;
    const query = { table: 'predictions', from: newest - LONGEST_MS, to: Number.POSITIVE_INFINITY } as const;
    for await (const rows of store.readRows(query)) {
      for (const stored of rows as readonly StoredPrediction[]) {
        const prediction = recordedPrediction(stored);
        const { serviceId, predictionType, labels } = prediction;
        this.#follow(this.#followed({ serviceId, metricName: predictionType, labels }), prediction);
      }
    }
  }

  /** Takes note of a sample that the predictor has taken. Returns how many truths had no room for it. */
  sampleTaken(series: SeriesId, timestamp: number, value: number): number {
    const followed = this.#followed(series);
    followed.changed = true;
    for (const [horizon, prediction] of followed.open) {
      if (timestamp < prediction.targetTime) continue;
      followed.open.delete(horizon);
      this.#known.push(rowOf({ ...prediction, actualValue: value }));
    }
    if (this.#known.length <= MAX_KNOWN) return 0;
    return this.#known.splice(0, this.#known.length - MAX_KNOWN).length;
  }

  forget(series: SeriesId): void {
    this.#series.delete(series);
  }

  /** What is to be stored: predictions whose truth is known now, then new ones of a service. A step is some 30 microseconds. */
  *take(serviceId: string): Generator<StoredRow | undefined> {
    yield* this.#known.splice(0);
    for (const [series, followed] of this.#series.entries(serviceId)) {
      if (!followed.changed) continue;
      followed.changed = false;
      for (const prediction of this.#predictor.predictionsFor(series)) {
        const { timeHorizon, timestamp } = prediction;
        const isDue = timestamp >= (followed.due.get(timeHorizon) ?? Number.NEGATIVE_INFINITY);
        if (!isDue || followed.open.has(timeHorizon)) continue;
        this.#follow(followed, prediction);
        yield rowOf(prediction);
      }
      yield undefined;
    }
  }

  #followed(series: SeriesId): Followed {
    return (
      this.#series.get(series) ?? this.#series.add(series, () => ({ open: new Map(), due: new Map(), changed: false }))
    );
  }

  #follow({ open, due }: Followed, prediction: RecordedPrediction): void {
    const { timeHorizon, timestamp, actualValue } = prediction;
    if (actualValue === undefined) open.set(timeHorizon, prediction);
    due.set(timeHorizon, Math.max(due.get(timeHorizon) ?? timestamp, timestamp + RECORD_EVERY_MS));
  }
}

/** Time between two predictions of one series and horizon that are followed. */
const RECORD_EVERY_MS = 3_600_000;
/** Horizons longer than this are not gone on with after a restart. */
const LONGEST_MS = 86_400_000;
/** Truths that wait for a store that takes nothing; beyond, the oldest go. */
const MAX_KNOWN = 50_000;

function rowOf(prediction: RecordedPrediction): StoredRow {
  const { id, serviceId, timestamp } = prediction;
  return { table: 'predictions', id, serviceId, timestamp, value: storedPrediction(prediction) };
}
