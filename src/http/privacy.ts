import { createHmac } from 'node:crypto';
import { choiceOption, invalidOption, objectOption } from '../errors.ts';
import type { BehaviorInput } from '../model/records.ts';

/** What becomes of personal data before it is recorded. */
export interface PrivacyOptions {
  /** `'truncate'` to /24 and /48, `'drop'`, or `'keep'`. Default `'truncate'`. */
  readonly clientIps?: 'truncate' | 'drop' | 'keep' | undefined;
  /** `'family'` such as `Firefox`, `'drop'`, or `'keep'`. Default `'family'`. */
  readonly userAgents?: 'family' | 'drop' | 'keep' | undefined;
  /** Key with which user ids are replaced by their HMAC-SHA-256: the same for the same user, and not to be turned back. */
  readonly hashUserIds?: { readonly key: string } | undefined;
}

/** Characters of a user agent that are looked at; real ones are shorter. */
const AGENT_LENGTH = 512;
/** Characters that the border takes of either; what is longer is left for it to refuse. */
const RECORDED_AGENT_LENGTH = 16_384;
const ADDRESS_LENGTH = 256;
/** Bytes of a hashed user id: enough for 2⁶⁴ users without a collision to be expected. */
const HASH_BYTES = 16;

/**
 * What is in a user agent, and the family that it means; the first that is found counts, since later browsers call
 * themselves by the names of earlier ones. Plain look-ups, so that no text takes long.
 */
const FAMILIES: readonly (readonly [part: string, family: string])[] = [
  ['bot', 'bot'],
  ['spider', 'bot'],
  ['crawl', 'bot'],
  ['curl/', 'curl'],
  ['wget/', 'wget'],
  ['python', 'python'],
  ['okhttp', 'okhttp'],
  ['node', 'node'],
  ['edg', 'Edge'],
  ['opr/', 'Opera'],
  ['opera', 'Opera'],
  ['samsungbrowser', 'Samsung Internet'],
  ['firefox', 'Firefox'],
  ['fxios', 'Firefox'],
  ['chrome', 'Chrome'],
  ['crios', 'Chrome'],
  ['chromium', 'Chrome'],
  ['safari', 'Safari'],
];

/** Takes out of behaviours and events what says too much of a person. */
export class Privacy {
  readonly #clientIps: 'truncate' | 'drop' | 'keep';
  readonly #userAgents: 'family' | 'drop' | 'keep';
  readonly #key: string | undefined;

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(options: PrivacyOptions = {}) {
    const { clientIps = 'truncate', userAgents = 'family', hashUserIds } = objectOption('privacy', options);
    this.#clientIps = choiceOption('privacy.clientIps', clientIps, ['truncate', 'drop', 'keep']);
    this.#userAgents = choiceOption('privacy.userAgents', userAgents, ['family', 'drop', 'keep']);
    this.#key = hashUserIds === undefined ? undefined : keyOption(objectOption('privacy.hashUserIds', hashUserIds).key);
  }

  /** What is recorded in place of a user id. Anything but a text is left to the border, which refuses it. */
  userId<T>(id: T): T | string {
    if (this.#key === undefined || typeof id !== 'string' || id === '') return id;
    return createHmac('sha256', this.#key).update(id).digest().subarray(0, HASH_BYTES).toString('base64url');
  }

  /** What is recorded in place of a behaviour. */
  behavior(input: BehaviorInput): BehaviorInput {
    const { userId, clientIp, userAgent } = input;
    return {
      ...input,
      userId: this.userId(userId),
      clientIp: this.#clientIp(clientIp),
      userAgent: this.#agent(userAgent),
    };
  }

  #clientIp(address: string | undefined): string | undefined {
    if (this.#clientIps === 'keep' || !isText(address, ADDRESS_LENGTH)) return address;
    return this.#clientIps === 'drop' ? undefined : truncateAddress(address);
  }

  #agent(agent: string | undefined): string | undefined {
    if (this.#userAgents === 'keep' || !isText(agent, RECORDED_AGENT_LENGTH)) return agent;
    return this.#userAgents === 'drop' ? undefined : agentFamily(agent);
  }
}

/** The first 24 bits of an IPv4 address, 48 of an IPv6 one, the rest zero; `undefined` for what is no address. */
function truncateAddress(address: string): string | undefined {
  const [, mapped = address] = /^::ffff:(\d.*)$/i.exec(address) ?? [];
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.\d{1,3}$/.exec(mapped);
  if (v4 !== null) return v4.slice(1).every((byte) => Number(byte) <= 255) ? `${v4.slice(1).join('.')}.0` : undefined;
  // Brackets, zone and port are none of the network.
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/%.*$/, '');
  const [head = '', tail, ...more] = bare.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const isShort = tail !== undefined;
  const valid = [...groups, ...rest].every((group) => /^[0-9a-f]{1,4}$/i.test(group));
  if (!valid || more.length > 0 || (isShort ? groups.length + rest.length > 7 : groups.length !== 8)) return undefined;
  const zeros = Array.from({ length: 8 - groups.length - rest.length }, () => '0');
  const network = [...groups, ...zeros, ...rest].slice(0, 3).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::`;
}

/** Family of a user agent; `'other'` for what is not known. */
function agentFamily(agent: string): string {
  const text = agent.slice(0, AGENT_LENGTH).toLowerCase();
  return FAMILIES.find(([part]) => text.includes(part))?.[1] ?? 'other';
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= max;
}

function keyOption(key: unknown): string {
  if (typeof key === 'string' && key.length >= 16) return key;
  throw invalidOption('privacy.hashUserIds.key', 'a text of at least 16 characters', typeof key);
}
