import type { Labels } from '../../model/series-key.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Words of the built-in metrics; what users named stays as they named it. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ['request_rate', 'Request rate'],
  ['operation_rate', 'Operation rate'],
  ['error_rate', 'Errors'],
  ['operation_error_rate', 'Operation errors'],
  ['latency', 'Latency'],
  ['operation_latency_p95', 'Operation latency, p95'],
  ['cpu_usage', 'CPU'],
  ['memory_usage', 'Memory'],
  ['disk_usage', 'Disk'],
  ['cache_hit_rate', 'Cache hit rate'],
]);

const BUSINESS = 'business.';

/** A metric as people call it. */
export function metricTitle(metricName: string): string {
  if (metricName.startsWith(BUSINESS)) return metricName.slice(BUSINESS.length);
  return TITLES.get(metricName) ?? metricName;
}

/** Labels as people read them: `queue mail, region eu`. */
export function labelText(labels: Labels | undefined): string {
  return Object.entries(labels ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** A series as people call it: `queue_depth · queue mail`. */
export function seriesTitle(metricName: string, labels: Labels | undefined): string {
  const text = labelText(labels);
  return text === '' ? metricTitle(metricName) : `${metricTitle(metricName)} · ${text}`;
}

/** Scales for large numbers. */
const LARGE = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e4, 'k'],
] as const;

/** What is smaller is nothing to people. */
const NOTHING = 1e-6;

/** A number with three digits: `0.0123`, `4.56`, `789`, `12.3k`. */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size < NOTHING) return '0';
  const [scale, suffix] = LARGE.find(([least]) => size >= least) ?? [1, ''];
  const divisor = suffix === 'k' ? 1000 : scale;
  const scaled = value / divisor;
  const digits = Math.abs(scaled) >= 100 ? String(Math.round(scaled)) : String(Number(scaled.toPrecision(3)));
  return `${digits.replace('-', '−')}${suffix}`;
}

/** A whole number with its thousands set apart. */
export function countText(value: number | undefined): string {
  return value === undefined ? '–' : Math.round(value).toLocaleString('en').replaceAll(',', '\u202f');
}

/** A value with its unit; ratios as percent, milliseconds from a second on as seconds. */
export function valueText(value: number | null | undefined, unit: string | undefined): string {
  if (value === null || value === undefined) return '–';
  if (unit === 'ratio') return `${numberText(value * 100)}\u202f%`;
  if (unit === 'ms' && Math.abs(value) >= SECOND) return `${numberText(value / SECOND)}\u202fs`;
  if (unit === undefined) return numberText(value);
  return unit.startsWith('/') ? `${numberText(value)}${unit}` : `${numberText(value)}\u202f${unit}`;
}

/** Digits that a value is shown with. */
const DIGITS = 3;
/** Decimals that `toFixed` is asked for at most. */
const MOST_DECIMALS = 20;

/** Decimals that a value of this size is shown with; below zero for large ones. */
function decimalsOf(size: number): number {
  return DIGITS - 1 - Math.floor(Math.log10(size));
}

function inStepsOf(size: number, value: number): number {
  const decimals = decimalsOf(size);
  return decimals >= 0 && decimals <= MOST_DECIMALS ? Number(value.toFixed(decimals)) : value;
}

/** How far off, as finely as what it is off from is shown: `0.2 %`, `< 0.1 %`. */
export function errorText(error: number, value: number, unit: string | undefined): string {
  const shown = inStepsOf(Math.abs(value), error);
  return shown > 0 || error === 0 ? valueText(shown, unit) : `< ${valueText(10 ** -decimalsOf(Math.abs(value)), unit)}`;
}

/** A range with its unit once and its ends in the same steps: `0 to 12.4 %`. */
export function rangeText(lower: number, upper: number, unit: string | undefined): string {
  const from = valueText(inStepsOf(Math.max(Math.abs(lower), Math.abs(upper)), lower), unit);
  const to = valueText(upper, unit);
  const suffix = /[^\d.,−–]+$/.exec(to)?.[0] ?? '';
  return suffix !== '' && from.endsWith(suffix) ? `${from.slice(0, -suffix.length)} to ${to}` : `${from} to ${to}`;
}

/** Units that stand behind every number; longer ones stand beside the name. */
const SHORT_UNITS: ReadonlySet<string> = new Set(['%', 'ratio', 'ms', 's', '/s']);

/** Whether a unit is short enough to stand behind every number. */
export function isShortUnit(unit: string | undefined): boolean {
  return unit === undefined || SHORT_UNITS.has(unit);
}

/** How long: `42 s`, `7 min`, `3 h 20 min`, `12 d`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / SECOND));
  if (seconds < 60) return `${seconds}\u202fs`;
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 60) return `${minutes}\u202fmin`;
  if (minutes < DAY / MINUTE) {
    const rest = minutes % 60;
    return `${Math.floor(minutes / 60)}\u202fh${rest === 0 ? '' : ` ${rest}\u202fmin`}`;
  }
  return `${Math.round(ms / DAY)}\u202fd`;
}

const UNITS: Readonly<Record<string, string>> = { s: 's', m: 'min', h: 'h', d: 'd' };

/** A horizon as a duration: `5 min` for `5m`. */
export function horizonText(horizon: string): string {
  const [, count = horizon, unit = ''] = /^(\d+)([smhd])$/.exec(horizon) ?? [];
  return unit === '' ? count : `${count}\u202f${UNITS[unit]}`;
}

/** Bytes in the unit that fits. */
export function bytesText(bytes: number): string {
  return bytes < 1e6 ? `${numberText(Math.round(bytes / 1e3))}\u202fkB` : `${numberText(bytes / 1e6)}\u202fMB`;
}

const FIRST_STRONG_ISOLATE = '\u2068';
const POP_ISOLATE = '\u2069';

/** A text where there can be no `bdi`, so that what is written after it stays where it is, whatever direction it turns. */
export function isolated(text: string): string {
  const opened = text.match(/[\u2066-\u2068]/g)?.length ?? 0;
  return `${FIRST_STRONG_ISOLATE}${text}${POP_ISOLATE.repeat(opened + 1)}`;
}

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const TIME_SECONDS = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const DATE_TIME = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** An instant to the second, with its day. */
export function instantText(ms: number): string {
  return DATE_TIME.format(ms);
}

/** An instant as short as it can be told: the time where it was less than half a day ago, else the day too. */
export function momentText(ms: number, now: number): string {
  return Math.abs(now - ms) < DAY / 2 ? TIME_SECONDS.format(ms) : `${DATE.format(ms)}, ${TIME.format(ms)}`;
}

/** Ticks of an axis, by the distance between two. */
export function tickTexts(ticks: readonly number[], stepMs: number): string[] {
  return ticks.map((ms) => {
    const at = new Date(ms);
    const midnight = at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0;
    if (stepMs >= DAY || midnight) return DATE.format(ms);
    return stepMs < MINUTE ? TIME_SECONDS.format(ms) : TIME.format(ms);
  });
}
