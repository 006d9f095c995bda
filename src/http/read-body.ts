import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import { Problem } from './problem.ts';

/** A body that takes longer comes from somebody who wants to hold the connection. */
const BODY_MS = 5000;

const tooLarge = (limit: number): Problem =>
  // The rest of the body is not read, so the connection cannot be used again.
  new Problem(413, `the body must be at most ${limit} bytes`, {}, { connection: 'close' });

const tooSlow = (): Problem =>
  new Problem(408, `the body must come within ${BODY_MS / 1000} seconds`, {}, { connection: 'close' });

/**
 * The body of a Node request, or what a parser in front has made of it.
 *
 * @throws Problem 413, 408
 */
export async function nodeBody(
  request: IncomingMessage & { readonly body?: unknown },
  limit: number,
  clock: Clock,
): Promise<Uint8Array | { readonly parsed: unknown }> {
  if (request.readableEnded) {
    const { body } = request;
    return body === undefined ? new Uint8Array() : { parsed: body };
  }
  const length = Number(request.headers['content-length']);
  if (length > limit) throw tooLarge(limit);
  // Node tells of a request before it looks at what came with the head; a turn later that is there, mostly all of it.
  await undefined;
  const body: Buffer | null = request.readableLength === length ? request.read() : null;
  if (body === null) return bodyAsItComes(request, limit, clock);
  // So that it comes to its end, which others may wait for.
  request.resume();
  return body;
}

function bodyAsItComes(request: IncomingMessage, limit: number, clock: Clock): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const detach = (): void => {
      stopTimer();
      request.off('data', take).off('end', finish).off('error', abort).off('close', abort);
    };
    const fail = (problem: Problem): void => {
      detach();
      reject(problem);
    };
    const abort = (): void => fail(tooSlow());
    const stopTimer = clock.every(BODY_MS, abort);
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > limit) fail(tooLarge(limit));
      else chunks.push(chunk);
    };
    const finish = (): void => {
      detach();
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length));
    };
    request.on('data', take).on('end', finish).on('error', abort).on('close', abort);
  });
}

/**
 * The body of a web-standard request.
 *
 * @throws Problem 413, 408
 */
export async function webBody(request: Request, limit: number, clock: Clock): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge(limit);
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isLate = false;
  const stopTimer = clock.every(BODY_MS, () => {
    isLate = true;
    void reader.cancel();
  });
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      length += next.value.byteLength;
      if (length > limit) throw tooLarge(limit);
      chunks.push(next.value);
    }
    if (isLate) throw tooSlow();
  } catch (cause) {
    void reader.cancel().catch(() => {});
    if (cause instanceof Problem) throw cause;
    throw tooSlow();
  } finally {
    stopTimer();
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, length);
}
