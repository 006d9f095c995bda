/** Clients that are told apart; beyond them the one that was heard of first is forgotten. */
const MAX_CLIENTS = 10_000;

interface Level {
  /** What may still be spent; below zero after more came at once than there was. */
  left: number;
  /** Milliseconds; when `left` was true. */
  at: number;
}

/**
 * A token bucket for each client: so much a second, and a burst after a pause. What is spent may go below zero, since the
 * size of a batch is known only when it is there; the client then waits until it is paid.
 */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #levels = new Map<string, Level>();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Seconds until the client may come again; 0 where it may now. */
  wait(client: string, now: number): number {
    const left = this.#level(client, now).left;
    return left > 0 ? 0 : Math.max(1, Math.ceil((1 - left) / this.#perSecond));
  }

  /** Takes away what a request cost. */
  spend(client: string, cost: number, now: number): void {
    this.#level(client, now).left -= cost;
  }

  #level(client: string, now: number): Level {
    let level = this.#levels.get(client);
    if (level === undefined) {
      if (this.#levels.size >= MAX_CLIENTS) this.#levels.delete(this.#levels.keys().next().value as string);
      level = { left: this.#burst, at: now };
      this.#levels.set(client, level);
    }
    // A clock that was set back gives nothing, and takes nothing away.
    const passed = Math.max(0, now - level.at);
    level.left = Math.min(this.#burst, level.left + (passed / 1000) * this.#perSecond);
    level.at = now;
    return level;
  }
}
