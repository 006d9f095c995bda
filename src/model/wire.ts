/** Fields that hold epoch milliseconds. */
const INSTANTS: ReadonlySet<string> = new Set([
  'at',
  'timestamp',
  'timestamps',
  'startedAt',
  'endedAt',
  'targetTime',
  'lastTimestamp',
  'from',
  'to',
  'until',
]);
/** Fields whose keys are the user's own names. */
const VERBATIM: ReadonlySet<string> = new Set(['labels', 'rejected']);

/**
 * A value as it goes over the wire, ready for `JSON.stringify`: keys in snake_case, instants as ISO 8601 in UTC, `null` for
 * what is undefined or not finite; functions are left out.
 */
export function toWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value === 'object' && value !== null) return objectToWire(value);
  return value ?? null;
}

/** `service_id` for `serviceId`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function objectToWire(value: object): Record<string, unknown> {
  const wire: Record<string, unknown> = Object.create(null);
  for (const [key, field] of Object.entries(value)) {
    if (INSTANTS.has(key)) wire[snakeCase(key)] = instantToWire(field);
    else if (VERBATIM.has(key)) wire[snakeCase(key)] = field ?? null;
    else if (typeof field !== 'function') wire[snakeCase(key)] = toWire(field);
  }
  return wire;
}

function instantToWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(instantToWire);
  if (typeof value !== 'number') return toWire(value);
  return Number.isFinite(value) ? new Date(value).toISOString() : null;
}
