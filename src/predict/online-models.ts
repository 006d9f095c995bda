import { OnlineDrift, OnlineLine, OnlineNaive, OnlineSeasonalNaive } from './online-baselines.ts';
import { OnlineMix } from './online-mix.ts';
import type { OnlineModel } from './online-model.ts';
import type { StateLayout } from './series-state.ts';

/** The models that `Predictor` knows by name. */
export type OnlineModelName = 'auto' | 'linear' | 'naive' | 'seasonal-naive' | 'drift';

/** Their names. */
export const ONLINE_MODELS: readonly OnlineModelName[] = ['auto', 'linear', 'naive', 'seasonal-naive', 'drift'];

/**
 * A model by name, its places reserved in the layout.
 *
 * @param horizons how many are tracked
 * @param historySize samples that `linear` and `drift` look back on
 */
export function onlineModel(
  name: OnlineModelName,
  layout: StateLayout,
  horizons: number,
  historySize: number,
): OnlineModel {
  switch (name) {
    case 'auto':
      return new OnlineMix(layout, horizons);
    case 'linear':
      return new OnlineLine(layout, historySize);
    case 'drift':
      return new OnlineDrift(layout, historySize);
    case 'naive':
      return new OnlineNaive(layout);
    case 'seasonal-naive':
      return new OnlineSeasonalNaive(layout);
    default:
      return name satisfies never;
  }
}
