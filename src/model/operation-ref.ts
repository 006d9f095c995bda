/** No minute: a whole number that small ones compare fast with, 2,000 years ago. */
export const NO_MINUTE: number = -(2 ** 30);

/**
 * One operation of one service, looked up once. Whoever aggregates keeps here what it needs to find its own state again,
 * so that records of a known operation need no look-up at all.
 */
export class OperationRef {
  readonly serviceId: string;
  readonly operation: string;
  /** The state that is kept for the operation, and that of its service. */
  target: object | undefined = undefined;
  owner: object | undefined = undefined;
  /** Where records of one minute, in minutes since the epoch, are written to. */
  minute: number = NO_MINUTE;
  row = 0;

  constructor(serviceId: string, operation: string) {
    this.serviceId = serviceId;
    this.operation = operation;
  }
}
