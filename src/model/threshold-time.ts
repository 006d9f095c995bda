import type { Labels } from './series-key.ts';

/** When a series passes a threshold, as far as one can tell. */
export interface ThresholdTime {
  readonly serviceId: string;
  readonly metricName: string;
  readonly labels?: Labels | undefined;
  /** Time of the newest sample that it knows, epoch milliseconds. */
  readonly timestamp: number;
  readonly threshold: number;
  /** Whether it is passed upward or downward. */
  readonly direction: 'above' | 'below';
  /** The newest value. */
  readonly value: number;
  /** `passed`: it is beyond now; `ahead`: it is likely to pass; `not in sight`: neither, within `sight`. */
  readonly state: 'passed' | 'ahead' | 'not in sight';
  /** Of the range from `earliest` to `latest`, in (0, 1). */
  readonly level: number;
  /** Milliseconds from `timestamp`, as are the other two; even odds that it is passed by then. 0 where it is passed. */
  readonly expected?: number | undefined;
  /** Before which it is passed with probability (1 − level) / 2; can be given where the others are not. */
  readonly earliest?: number | undefined;
  /** Before which it is passed with probability (1 + level) / 2; `undefined` where that lies out of sight. */
  readonly latest?: number | undefined;
  /** How far ahead was looked, milliseconds: longer histories see farther. */
  readonly sight: number;
  /** One sentence: `disk usage passes 90 % in 11 days (80 %: 9 to 15 days)`. */
  readonly text: string;
}
