import type { Labels } from '../model/series-key.ts';
import { checkText, Refusal } from './refusal.ts';

/** Labels or tags of one record. */
const MAX_LABELS = 32;
/** Characters of metadata, about as long as its JSON text. */
const MAX_METADATA_LENGTH = 16_384;
const MAX_METADATA_DEPTH = 8;

/** Copies label pairs. `__proto__` is a name like any other. */
export function copyLabels(field: string, value: unknown): Labels {
  if (!isRecord(value)) throw new Refusal('invalid_labels', field);
  const pairs = Object.entries(value);
  if (pairs.length > MAX_LABELS) throw new Refusal('invalid_labels', field);
  const labels: Record<string, string> = {};
  for (const [name, text] of pairs) {
    if (typeof text !== 'string') throw new Refusal('invalid_labels', `${field}.${name.slice(0, 64)}`);
    checkText(field, name);
    // An empty value means that the label is not set.
    if (text !== '') setOwn(labels, name, checkText(`${field}.${name}`, text));
  }
  return Object.freeze(labels);
}

/** Copies tags: names in a list, or pairs. */
export function copyTags(value: unknown): readonly string[] | Labels {
  if (!Array.isArray(value)) return copyLabels('tags', value);
  if (value.length > MAX_LABELS) throw new Refusal('invalid_labels', 'tags');
  return value.map((tag) => checkText('tags', tag));
}

/**
 * Deep copy of JSON-like metadata, so that changing the original afterwards changes nothing here.
 * Cycles end at the depth limit; an `Error` becomes its name and message.
 */
export function copyMetadata(value: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw new Refusal('invalid_metadata', 'metadata');
  return new MetadataCopy().copy(value, 1) as Readonly<Record<string, unknown>>;
}

class MetadataCopy {
  #length = 0;

  copy(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        this.#count(value.length + 2);
        return value;
      case 'number':
      case 'boolean':
      case 'undefined':
        this.#count(8);
        return value;
      case 'object':
        return value === null ? value : this.#copyObject(value, depth);
      default:
        throw new Refusal('invalid_metadata', 'metadata');
    }
  }

  #copyObject(value: object, depth: number): unknown {
    if (depth > MAX_METADATA_DEPTH) throw new Refusal('metadata_too_deep', 'metadata');
    this.#count(2);
    if (value instanceof Date) return new Date(value);
    if (value instanceof Error) return this.copy(`${value.name}: ${value.message}`, depth);
    if (Array.isArray(value)) {
      // Counts the holes of a sparse array too, before anything walks over them.
      this.#count(value.length);
      return value.map((item) => this.copy(item, depth + 1));
    }
    if (!isRecord(value)) throw new Refusal('invalid_metadata', 'metadata');
    const copy: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(value)) {
      this.#count(name.length + 3);
      setOwn(copy, name, this.copy(item, depth + 1));
    }
    return copy;
  }

  #count(characters: number): void {
    this.#length += characters;
    if (this.#length > MAX_METADATA_LENGTH) throw new Refusal('metadata_too_large', 'metadata');
  }
}

/** An object of named values. Not a `Map`, a `Set`, or bytes, which would seem empty, or full of numbers. */
function isRecord(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Sets an own property even where the name is `__proto__`, which plain assignment would take for the prototype. */
function setOwn<T>(target: Record<string, T>, name: string, value: T): void {
  if (name !== '__proto__') target[name] = value;
  else Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}
