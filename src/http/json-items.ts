import { Problem } from './problem.ts';

/** Levels of nesting that one item may have. */
const MAX_DEPTH = 32;
/** Keys that one item may have, those of its parts included. */
const MAX_KEYS = 1000;
/** Characters of one item. What a record may hold is less, even where every character of it is escaped. */
const MAX_ITEM_LENGTH = 200_000;
/** Items of one request. */
const MAX_ITEMS = 10_000;
/**
 * Characters that are parsed at once. V8 takes up to 170 ms for a megabyte that was made to take long (deep arrays, a
 * hundred thousand keys), on a slow core; this much takes 5.
 */
const PIECE = 32_768;

/** What an item is that was not parsed, or is not looked at, because of its shape. */
export class Misshapen {
  readonly reason: 'too_deep' | 'too_many_keys' | 'too_large';

  constructor(reason: Misshapen['reason']) {
    this.reason = reason;
  }
}

/** The parts of a request's body. */
export interface Items {
  /** Whether they came as an array. */
  readonly isArray: boolean;
  /** Each as it was parsed, or a `Misshapen`. */
  readonly items: readonly unknown[];
}

/**
 * Parses a body that is one item or an array of them. A long one is first cut into pieces, between which the event loop
 * turns.
 *
 * @param pause waits until the event loop has turned
 * @throws Problem 400 where it is not JSON, 413 for too many items
 */
export function parseItems(text: string, pause: () => Promise<void>): Items | Promise<Items> {
  return text.length > PIECE ? parseInPieces(text, pause) : itemsOf(parse(text));
}

/**
 * The items of a body that somebody has parsed already.
 *
 * @throws Problem 413 for too many
 */
export function itemsOf(value: unknown): Items {
  if (!Array.isArray(value)) return { isArray: false, items: [value] };
  if (value.length > MAX_ITEMS) throw tooManyItems();
  return { isArray: true, items: value };
}

/** What is wrong with the shape of an item that was parsed; `undefined` where it may be walked through. */
export function misshapen(item: unknown): Misshapen | undefined {
  let keys = 0;
  const walk = (value: unknown, depth: number): Misshapen['reason'] | undefined => {
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > MAX_DEPTH) return 'too_deep';
    const parts = Object.values(value);
    if (!Array.isArray(value)) keys += parts.length;
    if (keys > MAX_KEYS) return 'too_many_keys';
    for (const part of parts) {
      const reason = walk(part, depth + 1);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
  const reason = walk(item, 1);
  return reason === undefined ? undefined : new Misshapen(reason);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : '';
    throw notJson(said.slice(0, 200));
  }
}

async function parseInPieces(text: string, pause: () => Promise<void>): Promise<Items> {
  const cutter = new Cutter(text.trim());
  while (cutter.scan(PIECE)) await pause();
  const items: unknown[] = [];
  for (const piece of cutter.pieces) {
    if (piece instanceof Misshapen) items.push(piece);
    else if (!cutter.isArray) items.push(parse(piece));
    else if (piece.trim() === '') throw notJson('an item is missing');
    // Not `push(...items)`, which has a limit to how many.
    else for (const item of parse(`[${piece}]`) as unknown[]) items.push(item);
    await pause();
  }
  return { isArray: cutter.isArray, items };
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * Finds where the items of a long text begin and end, and looks at their shape, without parsing them. What is not JSON is
 * mostly left for the parser to find.
 */
class Cutter {
  readonly isArray: boolean;
  /** Runs of items, each about as long as may be parsed at once, and in their places the items that are not to be parsed. */
  readonly pieces: (string | Misshapen)[] = [];
  readonly #text: string;
  readonly #end: number;
  #at: number;
  #pieceStart: number;
  #itemStart: number;
  #inString = false;
  #depth = 0;
  #deepest = 0;
  #keys = 0;
  #items = 1;

  /** @param text without white space around it */
  constructor(text: string) {
    this.#text = text;
    this.isArray = text.charCodeAt(0) === OPEN_BRACKET;
    if (this.isArray && text.charCodeAt(text.length - 1) !== CLOSE_BRACKET) throw notJson('the array does not end');
    this.#end = text.length - (this.isArray ? 1 : 0);
    this.#at = this.#pieceStart = this.#itemStart = this.isArray ? 1 : 0;
  }

  /** Looks at so many characters more; returns whether there are any left. */
  scan(characters: number): boolean {
    const text = this.#text;
    const stop = Math.min(this.#at + characters, this.#end);
    let at = this.#at;
    for (; at < stop; at++) {
      const code = text.charCodeAt(at);
      if (this.#inString) {
        if (code === BACKSLASH) at++;
        else if (code === QUOTE) this.#inString = false;
      } else if (code === QUOTE) this.#inString = true;
      else if (code === COLON) this.#keys++;
      else if (code === OPEN_BRACE || code === OPEN_BRACKET) this.#open();
      else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) this.#depth--;
      else if (code === COMMA && this.#depth === 0 && this.isArray) this.#comma(at);
    }
    this.#at = at;
    if (at < this.#end) return true;
    this.#itemEnds(this.#end);
    if (this.#pieceStart <= this.#end) this.#cut(this.#end);
    return false;
  }

  #open(): void {
    this.#depth++;
    if (this.#depth > this.#deepest) this.#deepest = this.#depth;
  }

  #comma(at: number): void {
    if (++this.#items > MAX_ITEMS) throw tooManyItems();
    this.#itemEnds(at);
    if (at - this.#pieceStart >= PIECE) this.#cut(at);
  }

  /** An item that is not to be parsed ends the piece before it. */
  #itemEnds(at: number): void {
    const reason = this.#reason(at - this.#itemStart);
    if (reason !== undefined) {
      if (this.#itemStart > this.#pieceStart) this.#cut(this.#itemStart - 1);
      this.pieces.push(new Misshapen(reason));
      this.#pieceStart = at + 1;
    }
    this.#itemStart = at + 1;
    this.#keys = 0;
    this.#deepest = 0;
  }

  #reason(length: number): Misshapen['reason'] | undefined {
    if (this.#deepest > MAX_DEPTH) return 'too_deep';
    if (this.#keys > MAX_KEYS) return 'too_many_keys';
    return length > MAX_ITEM_LENGTH ? 'too_large' : undefined;
  }

  #cut(at: number): void {
    this.pieces.push(this.#text.slice(this.#pieceStart, at));
    this.#pieceStart = at + 1;
  }
}

function notJson(said: string): Problem {
  return new Problem(400, `the body must be JSON: ${said}`, { errors: [{ pointer: '#', detail: 'must be JSON' }] });
}

function tooManyItems(): Problem {
  return new Problem(413, `a request must hold at most ${MAX_ITEMS} items`);
}
