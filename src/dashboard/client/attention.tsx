import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { EpisodeView, View } from '../page-data.ts';
import { apiPath, fetchReasons, RefusedError, silence } from './api.ts';
import { csvInstant } from './csv.ts';
import { durationText, instantText, labelText, metricTitle, momentText, rangeText, valueText } from './format.ts';
import { Panel } from './panel.tsx';
import { Sparkline } from './sparkline.tsx';

/** What the panel needs. */
export interface AttentionProps {
  readonly view: View;
  /** Whether whoever looks may silence. */
  readonly maySilence: boolean;
  readonly onPick: (serviceId: string) => void;
}

const HOUR_MS = 3_600_000;
/** Episodes that are told at once; they come worst first. */
const FIRST_EPISODES = 6;

/** What is open now, as sentences, worst first. */
export function Attention({ view, maySilence, onPick }: AttentionProps): JSX.Element {
  const { attention, ended, stats } = view;
  const line = (episode: EpisodeView): JSX.Element => (
    <Episode key={episode.id} episode={episode} now={view.now} maySilence={maySilence} onPick={onPick} />
  );
  const note = attention.length === 0 ? undefined : `${attention.length} open`;
  return (
    <Panel
      title="Needs attention"
      note={note}
      path={apiPath('anomalies', { status: 'open', limit: 100 })}
      csvName="open-anomalies"
      csv={() => [
        [
          'service',
          'metric',
          'labels',
          'severity',
          'direction',
          'since',
          'peak',
          'expected',
          'lower',
          'upper',
          'description',
        ],
        ...attention.map((episode) => [
          ...[episode.serviceId, episode.metricName, labelText(episode.labels), episode.severity, episode.direction],
          ...[csvInstant(episode.startedAt), episode.peak, episode.expected, episode.lower, episode.upper],
          episode.description,
        ]),
      ]}
      class="attention"
    >
      {attention.length > 0 ? (
        <>
          <ul class="episodes">{attention.slice(0, FIRST_EPISODES).map(line)}</ul>
          {attention.length > FIRST_EPISODES ? (
            <details>
              <summary>{attention.length - FIRST_EPISODES} more open</summary>
              <ul class="episodes">{attention.slice(FIRST_EPISODES).map(line)}</ul>
            </details>
          ) : null}
        </>
      ) : (
        <p class="calm">Nothing needs you. {stats.series === 0 ? 'No record has come yet.' : quietSentence(view)}</p>
      )}
      {ended.length === 0 ? null : (
        <details>
          <summary>{ended.length === 1 ? 'One episode' : `${ended.length} episodes`} ended in this range</summary>
          <ul class="ended">
            {ended.map(({ id, metricName, labels, startedAt, endedAt = startedAt, description, severity }) => (
              <li key={id}>
                <time>{momentText(startedAt, view.now)}</time>
                <span>
                  <b dir="auto">{metricTitle(metricName)}</b> <span dir="auto">{labelText(labels)}</span> {severity},
                  for {durationText(endedAt - startedAt)}
                </span>
                <span dir="auto">{description}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  );
}

/** How much is watched, and how much of it is still being learned. */
function quietSentence({ stats }: View): string {
  const { learning } = stats;
  const watched = Math.max(0, stats.series - learning);
  const rest = learning === 0 ? '' : ` ${learning} more ${learning === 1 ? 'is' : 'are'} still being learned.`;
  if (watched === 0) return `${learning} series ${learning === 1 ? 'is' : 'are'} still being learned.`;
  return `${watched} series ${watched === 1 ? 'is' : 'are'} watched and as expected.${rest}`;
}

interface EpisodeProps {
  readonly episode: EpisodeView;
  readonly now: number;
  readonly maySilence: boolean;
  readonly onPick: (serviceId: string) => void;
}

function Episode({ episode, now, maySilence, onPick }: EpisodeProps): JSX.Element {
  const { serviceId, metricName, labels, unit, severity, direction, startedAt, peak, expected, lower, upper } = episode;
  const [reasons, setReasons] = useState<readonly string[]>();
  const [until, setUntil] = useState<number>();
  const [failure, setFailure] = useState<string>();
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      setFailure(undefined);
      await work();
    } catch (error) {
      setFailure(
        error instanceof RefusedError ? `That was refused (${error.status}).` : 'The server cannot be reached.',
      );
    }
  };
  const explain = async (): Promise<void> => {
    if (reasons === undefined) setReasons(await fetchReasons({ serviceId, metricName, labels }));
    else setReasons(undefined);
  };
  const quiet = async (): Promise<void> => {
    const end = now + HOUR_MS;
    await silence({ serviceId, metricName }, end);
    setUntil(end);
  };
  const latest = episode.course?.[1].findLast((value) => value !== null);
  return (
    <li class={`episode ${severity}`}>
      <span class="badge">
        <i aria-hidden="true">{direction === 'above' ? '▲' : '▼'}</i> {severity}
      </span>
      <div class="told">
        <h3>
          <button type="button" class="link" onClick={() => onPick(serviceId)} dir="auto" title={`Show ${serviceId}`}>
            {serviceId}
          </button>{' '}
          <span dir="auto">{metricTitle(metricName)}</span>
          {labels === undefined ? null : <small dir="auto">{labelText(labels)}</small>}
        </h3>
        <p title={episode.description}>
          <b>{valueText(latest ?? peak, unit)}</b> now, {direction} the {rangeText(lower, upper, unit)} that was
          expected. At worst {valueText(peak, unit)} instead of {valueText(expected, unit)}.
        </p>
        <p class="since">
          Since <time title={instantText(startedAt)}>{momentText(startedAt, now)}</time>, for{' '}
          {durationText(now - startedAt)}
          {episode.deploy === undefined ? null : (
            <span>
              , after deploy <bdi>{episode.deploy}</bdi>
            </span>
          )}
          {episode.silenced || until !== undefined ? (
            <span class="silenced">, silenced{until === undefined ? '' : ` until ${momentText(until, now)}`}</span>
          ) : null}
        </p>
        {reasons === undefined ? null : (
          <ul class="reasons">
            {reasons.map((reason) => (
              <li key={reason} dir="auto">
                {reason}
              </li>
            ))}
          </ul>
        )}
        {failure === undefined ? null : <p role="alert">{failure}</p>}
      </div>
      <Sparkline course={episode.course} from={startedAt} direction={direction} />
      <div class="actions">
        <button type="button" onClick={() => void attempt(explain)} aria-expanded={reasons !== undefined}>
          Explain
        </button>
        {maySilence ? (
          <button type="button" disabled={episode.silenced || until !== undefined} onClick={() => void attempt(quiet)}>
            Silence 1 h
          </button>
        ) : null}
      </div>
    </li>
  );
}
