import { OperationRef } from '../model/operation-ref.ts';

/**
 * Finds the one `OperationRef` of a service and operation, by two map look-ups and without building a key. Full, it
 * starts anew, which costs no more than looking the refs' targets up again.
 */
export class OperationTable {
  readonly #maxOperations: number;
  readonly #services = new Map<string, Map<string, OperationRef>>();
  #size = 0;

  constructor(maxOperations: number) {
    this.#maxOperations = maxOperations;
  }

  get(serviceId: string, operation: string): OperationRef {
    return this.#services.get(serviceId)?.get(operation) ?? this.#add(serviceId, operation);
  }

  #add(serviceId: string, operation: string): OperationRef {
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
