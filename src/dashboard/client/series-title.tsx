import type { JSX } from 'preact';
import type { Labels } from '../../model/series-key.ts';
import { labelText, metricTitle } from './format.ts';

/** What the title names. */
export interface SeriesTitleProps {
  readonly metricName: string;
  readonly labels: Labels | undefined;
}

/** A series as people call it; names that are written from right to left turn around nothing but themselves. */
export function SeriesTitle({ metricName, labels }: SeriesTitleProps): JSX.Element {
  const text = labelText(labels);
  return (
    <>
      <bdi>{metricTitle(metricName)}</bdi>
      {text === '' ? null : (
        <>
          {' · '}
          <bdi>{text}</bdi>
        </>
      )}
    </>
  );
}
