/** Both ends of a connection, as far as the runtime tells. */
export interface Peer {
  /** Address of the other side. */
  readonly remote?: string | undefined;
  /** Address on this side. */
  readonly local?: string | undefined;
}

/** What a request says of where it comes from. */
export interface Origin {
  readonly peer: Peer;
  /** Value of a header, named in lower case. */
  header(name: string): string | undefined;
}

/** Headers that proxies add. A request that has one comes from elsewhere, whoever passed it on. */
const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;

/**
 * What runtimes pass beside a request: Bun its server, Deno the address, Hono on Node its environment. Next and others say
 * nothing of the other side.
 */
export function peerOf(request: Request, context: readonly unknown[]): Peer {
  for (const hint of context) {
    if (!isObject(hint)) continue;
    if (typeof hint.requestIP === 'function') {
      const found = hint.requestIP(request);
      if (isObject(found)) return { remote: text(found['address']) };
    }
    const { remoteAddr, incoming } = hint;
    if (isObject(remoteAddr)) return { remote: text(remoteAddr['hostname']) };
    if (isObject(incoming) && isObject(incoming['socket'])) return socketPeer(incoming['socket']);
  }
  return {};
}

/** The ends of a Node socket. */
export function socketPeer(socket: object): Peer {
  const { remoteAddress, localAddress } = socket as { readonly [address: string]: unknown };
  return { remote: text(remoteAddress), local: text(localAddress) };
}

/** Whether an address, or the name of a host, is that of this machine. */
export function isLoopback(host: string | undefined): boolean {
  if (host === undefined) return false;
  // As nearly all have it.
  if (host === '127.0.0.1' || host === 'localhost') return true;
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return name === 'localhost' || name === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

/**
 * Whether a request provably began on this machine: both ends are loopback, no proxy passed it on, and it was addressed to
 * a loopback name, which keeps out web sites whose name was made to point here.
 */
export function isLocal(request: Origin): boolean {
  const { peer } = request;
  if (!isLoopback(peer.remote) || (peer.local !== undefined && !isLoopback(peer.local))) return false;
  if (FORWARDING.some((name) => request.header(name) !== undefined)) return false;
  const host = request.header('host');
  return host === undefined || isLoopback(host.replace(/:\d*$/, ''));
}

/**
 * Address of the client: with `hops` trusted proxies in front, what the outermost of them wrote into `X-Forwarded-For`.
 */
export function clientAddress(request: Origin, hops: number): string {
  const forwarded = hops === 0 ? undefined : request.header('x-forwarded-for')?.split(',').at(-hops)?.trim();
  return forwarded || request.peer.remote || 'unknown';
}

interface Hint {
  readonly [name: string]: unknown;
  readonly requestIP?: ((request: Request) => unknown) | undefined;
}

function isObject(value: unknown): value is Hint {
  return typeof value === 'object' && value !== null;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
