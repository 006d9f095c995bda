import { AnalyticsError } from '../errors.ts';
import { snakeCase } from '../model/wire.ts';
import type { Reply } from './call.ts';

/** One thing that is wrong with a request. */
export interface Issue {
  /** Where in the body or, for a query, which parameter: a JSON pointer as RFC 9457 writes it, `#/3/duration`. */
  readonly pointer: string;
  /** In words. */
  readonly detail: string;
}

/** Members of a problem besides type, title and status. */
export interface ProblemMembers {
  readonly errors?: readonly Issue[];
  readonly [member: string]: unknown;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Thrown where a request cannot be answered as asked; becomes `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly members: ProblemMembers;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detail: string,
    members: ProblemMembers = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.status = status;
    this.members = members;
    this.headers = headers;
  }

  /** The answer that says so. */
  toReply(): Reply {
    const title = TITLES[this.status] ?? 'Error';
    const body = { type: 'about:blank', title, status: this.status, detail: this.message, ...this.members };
    return {
      status: this.status,
      headers: { 'content-type': 'application/problem+json', ...this.headers },
      body: JSON.stringify(body),
    };
  }
}

/** A JSON pointer in the form of a URI fragment (RFC 6901): `#/labels/queue`. */
export function pointer(path: readonly (string | number | symbol)[]): string {
  const steps = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return `#${steps.join('')}`;
}

/** The problem that an error is; what is none of the caller's doing is reported to `onError`, and not told. */
export function problemOf(error: unknown, onError: (error: unknown) => void): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof AnalyticsError) {
    if (error.code === 'ERR_INVALID_OPTION') return optionProblem(error.message);
    if (error.code === 'ERR_MISSING_PEER') return new Problem(500, error.message);
  }
  onError(error);
  return new Problem(500, 'the request could not be answered');
}

/** What the service takes for an option of its own was a field of the request. */
function optionProblem(message: string): Problem {
  const [, option, detail = message] = /^option (\w+) (.*)$/s.exec(message) ?? [];
  if (option === undefined) return new Problem(400, message);
  const field = snakeCase(option);
  return new Problem(400, `${field} ${detail}`, { errors: [{ pointer: pointer([field]), detail }] });
}
