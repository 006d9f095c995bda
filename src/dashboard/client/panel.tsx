import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { curlCommand } from './api.ts';
import type { CsvTable } from './csv.ts';
import { downloadCsv } from './download.ts';

/** What every panel has: a heading, and its data to take away. */
export interface PanelProps {
  readonly title: string;
  /** The title as it is shown, where it has parts. */
  readonly heading?: ComponentChildren;
  /** Beside the heading, in small print. */
  readonly note?: ComponentChildren;
  /** Path of the same data in the REST API. */
  readonly path: string;
  /** Name of the file, and what is in it; made when it is asked for. */
  readonly csvName: string;
  readonly csv: () => CsvTable;
  readonly class?: string;
  readonly level?: 2 | 3;
  readonly children: ComponentChildren;
}

/** How long a button says that it has done its work, milliseconds. */
const SAID_MS = 1600;

/** A framed part of the page. */
export function Panel({
  title,
  heading = title,
  note,
  path,
  csvName,
  csv,
  class: name = '',
  level = 2,
  children,
}: PanelProps): JSX.Element {
  const id = useId();
  const [said, say] = useState<string>();
  const tell = (text: string): void => {
    say(text);
    setTimeout(() => say(undefined), SAID_MS);
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(curlCommand(path));
      tell('copied');
    } catch {
      // Without a secure context there is no clipboard; the command can still be taken by hand.
      prompt('Copy this command', curlCommand(path));
    }
  };
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <section class={`panel ${name}`} aria-labelledby={id}>
      <header>
        <Heading id={id} dir="auto">
          {heading}
        </Heading>
        {note === undefined ? null : <p class="note">{note}</p>}
        <div class="tools">
          <output aria-live="polite">{said}</output>
          <button
            type="button"
            onClick={() => void copy()}
            aria-label={`Copy a curl command for ${title}`}
            title="Copy as curl"
          >
            curl
          </button>
          <button
            type="button"
            onClick={() => downloadCsv(csvName, csv())}
            aria-label={`Download ${title} as CSV`}
            title="Download CSV"
          >
            CSV
          </button>
        </div>
      </header>
      {children}
    </section>
  );
}
