import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Collector, type InputByKind, ManualClock, type RecordKind } from '../../../src/index.ts';

const KINDS: readonly RecordKind[] = ['event', 'metrics', 'behavior', 'performance', 'business', 'metric'];
const NOW = Date.UTC(2026, 0, 1);

const anything = fc.anything({
  ...{ withBigInt: true, withBoxedValues: true, withDate: true, withMap: true, withSet: true, withTypedArray: true },
  ...{ withSparseArray: true, withNullPrototype: true },
});
const name = fc.oneof(fc.constantFrom('shop', '', '__proto__', 'x'.repeat(256), 'x'.repeat(257)), anything);
const number = fc.oneof(fc.double(), anything);

/** Objects whose fields are those of records, holding good values and any others. */
const fields = fc.record(
  {
    ...{ serviceId: name, timestamp: fc.oneof(fc.constantFrom(NOW, NOW + 300_001, new Date(NOW)), anything) },
    ...{ eventType: name, userId: name, metadata: anything, tags: anything, action: name },
    ...{ cpuUsage: number, latency: number, duration: number, success: fc.oneof(fc.boolean(), anything) },
    ...{ operation: name, errorType: anything, metricType: name, metricName: name, value: number },
    ...{ labels: anything, dimension: anything, unit: anything },
  },
  { requiredKeys: [] },
);

describe('the border', () => {
  it('never throws, whatever comes: what came is what was kept and what was rejected', () => {
    const input = fc.oneof({ weight: 3, arbitrary: fields }, { weight: 1, arbitrary: anything });
    const rows = fc.array(fc.tuple(fc.constantFrom(...KINDS), input), { maxLength: 50 });
    fc.assert(
      fc.property(rows, (records) => {
        const collector = new Collector({ clock: new ManualClock(NOW), bufferSize: 7 });
        let emitted = 0;
        for (const kind of KINDS) collector.on(kind, () => emitted++);
        let kept = 0;
        for (const [kind, record] of records) if (collector.record(kind, record as InputByKind[RecordKind])) kept++;
        void collector.close();
        const { accepted, rejected } = collector.stats();
        const refused = Object.values(rejected).reduce((sum, count) => sum + count, 0);
        expect([accepted, emitted, accepted + refused]).toEqual([kept, kept, records.length]);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps what it accepts as structured-cloneable data', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fields, (kind, record) => {
        const collector = new Collector({ clock: new ManualClock(NOW) });
        const accepted = collector.record(kind, { ...record, timestamp: NOW } as InputByKind[RecordKind]);
        const snapshot = collector.snapshot();
        expect(structuredClone(snapshot)).toEqual(snapshot);
        expect(snapshot.buffer).toHaveLength(accepted ? 1 : 0);
      }),
      { numRuns: 300 },
    );
  });
});
