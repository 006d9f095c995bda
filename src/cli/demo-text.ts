import type { Anomaly } from '../model/anomaly.ts';
import type { Health } from '../model/health.ts';
import { dashboardText } from './dashboard-text.ts';
import type { DemoEnd, DemoEvent, DemoFault, DemoPage, DemoStart, LearningSeries } from './demo.ts';
import {
  countText,
  durationText,
  LINE_WIDTH,
  numberText,
  type Paint,
  percentText,
  shorten,
  timeText,
  wrap,
} from './text.ts';

/** Width of time and label in front of each line. */
const INDENT = 20;

/** Shows the demo's events to people: a line or a few for each. Episodes that merely go on are left out. */
export function demoView(paint: Paint): (event: DemoEvent, at: number) => string {
  const line = (at: number, label: string, text: string, format?: Parameters<Paint>[0]): string => {
    const padded = label.padEnd(INDENT - 10);
    return `${timeText(at)}  ${format === undefined ? padded : paint(format, padded)}${wrap(text, INDENT)}\n`;
  };
  return (event, at) => {
    switch (event.type) {
      case 'start':
        return introduction(event, paint);
      case 'page':
        return pageText(event, paint);
      case 'learning':
        return line(at, 'learning', learning(event.series));
      case 'forecast':
        return line(
          at,
          'forecast',
          `${event.serviceId} ${event.metricName}: ${numberText(event.mean)} in ${durationText(event.horizon)}, ` +
            `${percentText(event.level)} between ${numberText(event.lower)} and ${numberText(event.upper)}` +
            (event.confidence === undefined ? '' : `, confidence ${percentText(event.confidence)}`),
          'cyan',
        );
      case 'fault':
        return `\n${line(at, '>>> DEMO', fault(event), ['bold', 'magenta'])}\n`;
      case 'anomaly':
        return line(at, 'ANOMALY', anomaly(event), ['bold', 'red']);
      case 'anomaly_updated':
        return '';
      case 'anomaly_closed':
        return line(at, 'closed', closing(event), 'green');
      case 'health':
        return line(at, 'health', healthText(event), event.status === 'healthy' ? 'green' : 'yellow');
      case 'aggregation':
        // The machine sends gauges only: its buckets count no events.
        if (event.eventCount === 0) return '';
        return line(
          at,
          'minute',
          `${event.serviceId} from ${timeText(event.timestamp)}: ${countText(event.eventCount, 'event')}, ` +
            `${percentText(event.errorRate)} errors, p50 ${latencyText(event.p50Latency)}, ` +
            `p95 ${latencyText(event.p95Latency)}, p99 ${latencyText(event.p99Latency)} ms`,
          'blue',
        );
      case 'rejected':
        return line(at, 'rejected', `${countText(event.count, 'record')}: ${event.reason} (${event.field})`);
      case 'error':
        return line(at, 'error', event.message, 'red');
      case 'end':
        return ending(event, paint);
      default:
        return event satisfies never;
    }
  };
}

function introduction({ seconds, services, requestsPerSecond }: DemoStart, paint: Paint): string {
  const does: Readonly<Record<string, string>> = {
    shop: 'products, cart, checkout; calls the other two',
    catalog: 'builds items, keeps the popular ones in a cache',
    payments: 'signs charges',
  };
  const rows = services.map(({ serviceId, url }) => `  ${serviceId.padEnd(10)}${url.padEnd(26)}${does[serviceId]}`);
  return [
    paint('bold', `streamgate-analytics demo, ${seconds} s (Ctrl-C ends it earlier)`),
    '',
    'Running in this process, real HTTP on the loopback interface:',
    ...rows,
    `  ${'machine'.padEnd(36)}CPU, memory and disk of this computer`,
    '',
    `A load generator sends about ${requestsPerSecond} requests a second. Once the library knows what is normal, the demo`,
    'breaks payments, and mends it later: the lines that say so begin with >>> DEMO. All other lines are',
    'what the library reports through its events and getters, as it happens. Times are UTC.',
    '',
    '',
  ].join('\n');
}

function pageText({ state, url, apiUrl }: DemoPage, paint: Paint): string {
  if (state === 'staying') {
    return `${paint('bold', `The shop goes on, and so does the page: ${url}`)}\nCtrl-C ends it.\n\n`;
  }
  return `${paint('bold', `Live page: ${url}`)}\nREST API:  ${apiUrl}\n\n`;
}

function learning(series: readonly LearningSeries[]): string {
  const ready = series.filter(({ samples, samplesNeeded }) => samples >= samplesNeeded);
  if (ready.length === series.length) {
    const least = Math.min(...series.map(({ samples }) => samples));
    return `all ${series.length} series of the three services ready, with ${least} samples or more`;
  }
  const slowest = series.reduce((least, one) => (one.samples < least.samples ? one : least));
  return (
    `${ready.length} of ${series.length} series ready; ${slowest.serviceId} ${slowest.metricName} has ` +
    `${slowest.samples} of ${slowest.samplesNeeded} samples`
  );
}

function fault({ state, serviceId, extraMs, failing }: DemoFault): string {
  return state === 'injected'
    ? `FAULT INJECTED: ${serviceId} now takes ${extraMs[0]} to ${extraMs[1]} ms longer and answers 503 to ` +
        `${percentText(failing)} of its requests`
    : `FAULT LIFTED: ${serviceId} works as before`;
}

function anomaly({ serviceId, severity, description }: Anomaly): string {
  return `${serviceId} (${severity}): ${description}`;
}

function closing({ serviceId, metricName, startedAt, endedAt, samples, severity, labels }: Anomaly): string {
  const names = labels === undefined ? '' : ` ${Object.values(labels).join(' ')}`;
  const lasted = endedAt === undefined ? '' : ` after ${durationText(endedAt - startedAt)}`;
  return `${serviceId} ${metricName}${names}, ${severity}, ended${lasted}, ${countText(samples, 'anomalous sample')}`;
}

/** Milliseconds with three digits, which fit side by side. */
function latencyText(ms: number | undefined): string {
  return ms === undefined ? '–' : String(Number(ms.toPrecision(3)));
}

/** Health with its first reason, on one line: the anomaly itself stands just above. */
function healthText({ status, reasons }: Health): string {
  const [first = '', ...others] = reasons;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return shorten(`${status.toUpperCase()}: ${first}`, LINE_WIDTH - INDENT - more.length) + more;
}

function ending({ elapsedMs, load, detected, fault: broken, dashboard, stats }: DemoEnd, paint: Paint): string {
  const answered = `${countText(load.requests, 'request')} in ${durationText(elapsedMs)}`;
  const recorded = `${countText(stats.accepted, 'record')} taken, ${countText(stats.series, 'series').replace('seriess', 'series')}`;
  const lost = Object.values(stats.rejected).reduce((sum, count) => sum + (count ?? 0), 0) + stats.dropped;
  return [
    '',
    paint('bold', `The end: ${answered}; ${recorded}, ${lost === 0 ? 'none lost' : `${lost} rejected or dropped`}.`),
    wrap(verdict(broken, detected), 0),
    '',
    dashboardText(dashboard, paint),
    '',
  ].join('\n');
}

function verdict(broken: DemoEnd['fault'], detected: DemoEnd['detected']): string {
  if (broken === undefined) return 'The demo ended before the fault was injected.';
  const duration = durationText(broken.to - broken.from);
  if (detected === undefined) {
    return `The fault was there for ${duration}. The library reported no anomaly of payments or shop in that time.`;
  }
  const { anomaly: first, afterMs } = detected;
  return (
    `The fault was there for ${duration}. The library reported it ${durationText(afterMs)} after it began, ` +
    `by ${first.metricName} of ${first.serviceId}.`
  );
}
