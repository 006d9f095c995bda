import { OperationRef } from '../model/operation-ref.ts';

/** Heap of a ref and of its entry in a map, measured on Node 20. */
const OPERATION_BYTES = 150;

/**
 * Finds the one `OperationRef` of a service and operation, by two map look-ups and without building a key. Full, it
 * starts anew, which costs no more than looking the refs' targets up again.
 */
export class OperationTable {
  readonly #maxOperations: number;
  readonly #services = new Map<string, Map<string, OperationRef>>();
  #size = 0;
  /** The service of the record before, mostly that of the next one too. */
  #lastServiceId: string | undefined;
  #lastOperations: ReadonlyMap<string, OperationRef> | undefined;

  constructor(maxOperations: number) {
    this.#maxOperations = maxOperations;
  }

  /** Estimate of the memory held. */
  get byteLength(): number {
    return this.#size * OPERATION_BYTES;
  }

  /** The ref of a known operation; names that are no strings are not known. */
  find(serviceId: string, operation: string): OperationRef | undefined {
    if (serviceId !== this.#lastServiceId) {
      this.#lastServiceId = serviceId;
      this.#lastOperations = this.#services.get(serviceId);
    }
    return this.#lastOperations?.get(operation);
  }

  /** A new ref, for an operation that is not known. */
  add(serviceId: string, operation: string): OperationRef {
    this.#lastServiceId = undefined;
    this.#lastOperations = undefined;
    if (this.#size >= this.#maxOperations) {
      this.#services.clear();
      this.#size = 0;
    }
    let operations = this.#services.get(serviceId);
    if (operations === undefined) {
      operations = new Map();
      this.#services.set(serviceId, operations);
    }
    const ref = new OperationRef(serviceId, operation);
    operations.set(operation, ref);
    this.#size++;
    return ref;
  }
}
