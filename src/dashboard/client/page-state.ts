/** Ranges that can be picked. */
export const RANGES = [
  { id: '15m', ms: 15 * 60_000, text: '15 m' },
  { id: '1h', ms: 3_600_000, text: '1 h' },
  { id: '6h', ms: 6 * 3_600_000, text: '6 h' },
  { id: '24h', ms: 24 * 3_600_000, text: '24 h' },
  { id: '7d', ms: 7 * 86_400_000, text: '7 d' },
  { id: '30d', ms: 30 * 86_400_000, text: '30 d' },
] as const;

/** Name of a range in the URL. */
export type RangeId = (typeof RANGES)[number]['id'];

/** Colours of the page: as the system has them, or always the same. */
export type Theme = 'auto' | 'light' | 'dark';

/** What the URL says: somebody who is sent it sees the same. */
export interface PageState {
  readonly service: string | undefined;
  readonly range: RangeId;
  readonly live: boolean;
  readonly theme: Theme;
}

const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

/** Reads the state from the URL; what is not in it is as by default. */
export function readState(): PageState {
  const parameters = new URLSearchParams(location.search);
  return {
    service: parameters.get('service') ?? undefined,
    range: RANGES.find(({ id }) => id === parameters.get('range'))?.id ?? '1h',
    live: parameters.get('live') !== 'no',
    theme: THEMES.find((theme) => theme === parameters.get('theme')) ?? 'auto',
  };
}

/** Writes the state into the URL; as a step that the Back button undoes where what is in view changes. */
export function writeState(state: PageState, isStep: boolean): void {
  const parameters = new URLSearchParams();
  if (state.service !== undefined) parameters.set('service', state.service);
  if (state.range !== '1h') parameters.set('range', state.range);
  if (!state.live) parameters.set('live', 'no');
  if (state.theme !== 'auto') parameters.set('theme', state.theme);
  const query = parameters.toString();
  const url = `${location.pathname}${query === '' ? '' : `?${query}`}`;
  if (isStep) history.pushState(null, '', url);
  else history.replaceState(null, '', url);
}

/** Length of a range in milliseconds. */
export function rangeMs(range: RangeId): number {
  return (RANGES.find(({ id }) => id === range) as (typeof RANGES)[number]).ms;
}
