import type { Output } from './text.ts';

const BAR_WIDTH = 30;
/** Milliseconds between two drawings; faster than the eye follows is waste. */
const DRAW_EVERY = 100;

/** A bar on a terminal, redrawn in place and gone at the end; nothing at all on anything else. */
export class ProgressBar {
  readonly #output: Output;
  readonly #total: number | undefined;
  #drawnAt = 0;
  #drawn = false;

  /** @param total units of the whole; `undefined` where nobody knows, which gives a count without a bar */
  constructor(output: Output, total: number | undefined) {
    this.#output = output;
    this.#total = total;
  }

  /** Shows how many units are done, and a note behind the bar. */
  update(done: number, note: string): void {
    if (this.#output.isTTY !== true) return;
    const now = performance.now();
    if (this.#drawn && now - this.#drawnAt < DRAW_EVERY) return;
    this.#drawnAt = now;
    this.#drawn = true;
    this.#output.write(`\r\u001b[K${this.#bar(done)}${note}`);
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#drawn) this.#output.write('\r\u001b[K');
    this.#drawn = false;
  }

  #bar(done: number): string {
    if (this.#total === undefined || this.#total === 0) return '';
    const share = Math.min(1, done / this.#total);
    const full = Math.round(share * BAR_WIDTH);
    const percent = `${Math.floor(share * 100)}`.padStart(3);
    return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${percent} %  `;
  }
}
