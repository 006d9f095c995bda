import {
  OnlineDrift,
  OnlineLine,
  OnlineNaive,
  OnlineSeasonalNaive,
  type OnlineSeasonalNaiveSnapshot,
} from './online-baselines.ts';
import { OnlineMix, type OnlineMixSnapshot } from './online-mix.ts';
import type { OnlineModel } from './online-model.ts';
import type { SampleHistorySnapshot } from './sample-history.ts';

/** The models that `Predictor` knows by name. */
export type OnlineModelName = 'auto' | 'linear' | 'naive' | 'seasonal-naive' | 'drift';

/** Their names. */
export const ONLINE_MODELS: readonly OnlineModelName[] = ['auto', 'linear', 'naive', 'seasonal-naive', 'drift'];

/**
 * A model by name.
 *
 * @param historySize samples that `linear` and `drift` look back on
 * @param snapshot what `snapshot()` of the same model gave, to go on from there
 */
export function onlineModel(name: OnlineModelName, historySize: number, snapshot?: unknown): OnlineModel {
  switch (name) {
    case 'auto':
      return new OnlineMix(snapshot as OnlineMixSnapshot | undefined);
    case 'linear':
      return new OnlineLine(historySize, snapshot as SampleHistorySnapshot | undefined);
    case 'drift':
      return new OnlineDrift(historySize, snapshot as SampleHistorySnapshot | undefined);
    case 'naive':
      return new OnlineNaive(snapshot as number | undefined);
    case 'seasonal-naive':
      return new OnlineSeasonalNaive(snapshot as OnlineSeasonalNaiveSnapshot | undefined);
    default:
      return name satisfies never;
  }
}
