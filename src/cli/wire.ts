/** Fields that hold epoch milliseconds. */
const INSTANTS: ReadonlySet<string> = new Set(['at', 'timestamp', 'startedAt', 'endedAt', 'targetTime', 'from', 'to']);
/** Fields whose keys are the user's own names. */
const VERBATIM: ReadonlySet<string> = new Set(['labels', 'rejected']);

/**
 * One line of NDJSON as the library's wire format has it: keys in snake_case, instants as ISO 8601 in UTC, `null` for
 * what is undefined or not finite.
 */
export function jsonLine(value: object): string {
  return `${JSON.stringify(toWire(value))}\n`;
}

function toWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value === 'object' && value !== null) return objectToWire(value);
  return value ?? null;
}

function objectToWire(value: object): Record<string, unknown> {
  const wire: Record<string, unknown> = Object.create(null);
  for (const [key, field] of Object.entries(value)) {
    if (INSTANTS.has(key) && typeof field === 'number') wire[snakeCase(key)] = new Date(field).toISOString();
    else if (VERBATIM.has(key)) wire[snakeCase(key)] = field ?? null;
    else if (typeof field !== 'function') wire[snakeCase(key)] = toWire(field);
  }
  return wire;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
