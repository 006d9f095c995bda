import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { View } from '../page-data.ts';
import { durationText, instantText, isolated, rangeText, seriesTitle, valueText } from './format.ts';
import type { LiveView } from './live-view.ts';
import { type PageState, RANGES, type Theme } from './page-state.ts';

/** What the bar needs. */
export interface TopBarProps {
  readonly state: PageState;
  readonly live: LiveView;
  readonly onChange: (part: Partial<PageState>) => void;
}

const THEMES: readonly { readonly id: Theme; readonly text: string }[] = [
  { id: 'light', text: 'Light' },
  { id: 'dark', text: 'Dark' },
  { id: 'auto', text: 'Auto' },
];
const MARKS = { healthy: '●', degraded: '▲', critical: '◆' } as const;
const WORDS = { healthy: 'Healthy', degraded: 'Degraded', critical: 'Critical' } as const;

/** How things are, what is in view, and how new it is. */
export function TopBar({ state, live, onChange }: TopBarProps): JSX.Element {
  const { view } = live;
  const services = view?.services ?? [];
  const service = state.service ?? view?.service ?? '';
  // Without a record nothing is known, which is not the same as healthy.
  const status = view?.service === undefined ? undefined : view.health.status;
  const [reason = '', ...more] = status === undefined ? [] : (view?.health.reasons ?? []);
  return (
    <header class={`top ${status ?? 'unknown'}`}>
      <h1 class="health">
        <span class="unseen">StreamGate Analytics: </span>
        {status === undefined ? (
          <span class="pill">{view === undefined ? 'Connecting' : 'No data yet'}</span>
        ) : (
          <span class="pill">
            <i aria-hidden="true">{MARKS[status]}</i> {WORDS[status]}
          </span>
        )}
        <span class="reason" dir="auto" title={reason}>
          {view === undefined || status === undefined ? '' : shortReason(view)}
        </span>
        {more.length === 0 ? null : <small>and {more.length} more</small>}
      </h1>
      <div class="controls">
        <label class="pick">
          <span class="unseen">Service</span>
          <select value={service} onChange={(event) => onChange({ service: event.currentTarget.value })}>
            {services.some(({ id }) => id === service) ? null : (
              <option value={service}>{service || 'no service yet'}</option>
            )}
            {services.map(({ id, status, open }) => (
              <option key={id} value={id}>
                {MARKS[status]} {isolated(id)}
                {open > 0 ? ` (${open} open)` : ''}
              </option>
            ))}
          </select>
        </label>
        <Choice
          name="Range"
          options={RANGES.map(({ id, text }) => ({ id, text }))}
          chosen={state.range}
          onChoose={(range) => onChange({ range })}
        />
        <button type="button" class="live" aria-pressed={state.live} onClick={() => onChange({ live: !state.live })}>
          <i aria-hidden="true" /> {state.live ? 'Live' : 'Paused'}
        </button>
        <Age live={live} isLive={state.live} />
        <Choice name="Colours" options={THEMES} chosen={state.theme} onChoose={(theme) => onChange({ theme })} />
      </div>
    </header>
  );
}

interface ChoiceProps<T extends string> {
  readonly name: string;
  readonly options: readonly { readonly id: T; readonly text: string }[];
  readonly chosen: T;
  readonly onChoose: (id: T) => void;
}

/** Radio buttons side by side; the arrow keys go through them. */
function Choice<T extends string>({ name, options, chosen, onChoose }: ChoiceProps<T>): JSX.Element {
  return (
    <fieldset class="choice">
      <legend class="unseen">{name}</legend>
      {options.map(({ id, text }) => (
        <label key={id}>
          <input type="radio" name={name} checked={id === chosen} onChange={() => onChoose(id)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** How old the newest record is, second by second. */
function Age({ live, isLive }: { readonly live: LiveView; readonly isLive: boolean }): JSX.Element {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const { view, connection, receivedAt } = live;
  const passed = performance.now() - receivedAt;
  return (
    <span class={`age ${connection}`} role="status" aria-live="off">
      {ageText(view, connection, passed, isLive)}
    </span>
  );
}

function ageText(view: LiveView['view'], connection: LiveView['connection'], passed: number, isLive: boolean): string {
  if (connection === 'refused') return 'signed out, reload the page';
  if (view === undefined) return connection === 'lost' ? 'no connection' : 'connecting';
  if (connection === 'lost') return `connection lost ${durationText(passed)} ago, trying again`;
  if (view.recorded) return `recorded until ${instantText(view.now)}`;
  if (view.newest === undefined) return 'waiting for the first record';
  const age = Math.max(0, view.now - view.newest + passed);
  return `data ${durationText(age)} old${isLive ? '' : `, as of ${instantText(view.now)}`}`;
}

/** One line for the bar; the whole sentence is in the tooltip and, with all others, in the panel below. */
function shortReason({ health, attention }: View): string {
  const [reason = ''] = health.reasons;
  const worst = attention.find(({ description, serviceId }) => reason === `${serviceId}: ${description}`);
  if (worst === undefined) return reason;
  const { serviceId, metricName, labels, unit, peak, lower, upper } = worst;
  const range = rangeText(lower, upper, unit);
  const series = isolated(seriesTitle(metricName, labels));
  return `${isolated(serviceId)}: ${series} ${valueText(peak, unit)}, expected ${range}`;
}
