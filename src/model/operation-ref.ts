/**
 * One operation of one service, looked up once. Whoever aggregates keeps its own state for it in `target`, so that
 * records of a known operation need no look-up at all.
 */
export class OperationRef {
  readonly serviceId: string;
  readonly operation: string;
  target: object | undefined;

  constructor(serviceId: string, operation: string) {
    this.serviceId = serviceId;
    this.operation = operation;
    this.target = undefined;
  }
}
