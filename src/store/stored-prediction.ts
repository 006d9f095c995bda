import { type Prediction, predictionId } from '../model/forecast.ts';
import type { Labels } from '../model/series-key.ts';

/** A prediction as it is stored, with what came of it once that is known. */
export interface RecordedPrediction extends Prediction {
  /** The first sample at the target time or after it; `undefined` while there is none. */
  readonly actualValue?: number | undefined;
}

/** What is kept of a prediction, without the names of its fields: there is one an hour for each series and horizon. */
export type StoredPrediction = readonly [
  serviceId: string,
  predictionType: string,
  labels: Labels | undefined,
  timestamp: number,
  timeHorizon: string,
  horizonMs: number,
  predictedValue: number,
  lower: number,
  upper: number,
  level: number,
  confidence: number | undefined,
  model: string,
  samples: number,
  recommendation: string,
  actualValue: number | undefined,
];

/** What {@link recordedPrediction} reads. How earlier ones turned out is not kept: it is in those. */
export function storedPrediction(prediction: RecordedPrediction): StoredPrediction {
  const { serviceId, predictionType, labels, timestamp, timeHorizon, targetTime, predictedValue, lower, upper } =
    prediction;
  const { level, confidence, model, samples, recommendation, actualValue } = prediction;
  return [
    serviceId,
    predictionType,
    labels,
    timestamp,
    timeHorizon,
    targetTime - timestamp,
    predictedValue,
    lower,
    upper,
    level,
    confidence,
    model,
    samples,
    recommendation,
    actualValue,
  ];
}

export function recordedPrediction(stored: StoredPrediction): RecordedPrediction {
  const [serviceId, predictionType, labels, timestamp, timeHorizon, horizonMs, predictedValue, lower, upper] = stored;
  const [, , , , , , , , , level, confidence, model, samples, recommendation, actualValue] = stored;
  return {
    id: predictionId({ serviceId, metricName: predictionType, labels }, timeHorizon, timestamp),
    timestamp,
    predictionType,
    serviceId,
    ...(labels === undefined ? undefined : { labels }),
    predictedValue,
    lower,
    upper,
    level,
    confidence,
    accuracy: undefined,
    timeHorizon,
    targetTime: timestamp + horizonMs,
    model,
    samples,
    recommendation,
    ...(actualValue === undefined ? undefined : { actualValue }),
  };
}
