import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalLabels, labelsKey, type SeriesId, seriesKey } from '../../../src/model/series-key.ts';
import { SeriesMap } from '../../../src/model/series-map.ts';

/** Few names, and those that look like the separators of careless keys. */
const name = fc.constantFrom('a', 'b', 'a"', '["a"]', '__proto__', 'constructor', ',', '');
const pairs = fc.uniqueArray(fc.tuple(name, name), { selector: ([key]) => key, maxLength: 3 });
const labels = fc.option(pairs.map(fromPairs), { nil: undefined });
const series: fc.Arbitrary<SeriesId> = fc.record({ serviceId: name, metricName: name, labels });

function fromPairs(entries: readonly (readonly [string, string])[]): Record<string, string> {
  return JSON.parse(`{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',')}}`) as Record<
    string,
    string
  >;
}

/** Equality of series, spelled out. */
function same(a: SeriesId, b: SeriesId): boolean {
  const [x, y] = [a, b].map((s) => Object.entries(s.labels ?? {}).sort()) as [unknown[], unknown[]];
  return a.serviceId === b.serviceId && a.metricName === b.metricName && JSON.stringify(x) === JSON.stringify(y);
}

describe('the key of a series', () => {
  it('is equal where service, metric and label pairs are, in any order, and nowhere else', () => {
    fc.assert(
      fc.property(series, series, (a, b) => {
        const reversed = { ...a, labels: a.labels && fromPairs(Object.entries(a.labels).reverse()) };
        expect(seriesKey(reversed)).toBe(seriesKey(a));
        expect(seriesKey(a) === seriesKey(b)).toBe(same(a, b));
      }),
      { numRuns: 1000 },
    );
  });

  it('is kept by a canonical label set, where nobody sees it', () => {
    fc.assert(
      fc.property(labels, (given) => {
        const canonical = canonicalLabels(given);
        expect(labelsKey(canonical)).toBe(labelsKey(given));
        expect(canonicalLabels(canonical)).toBe(canonical);
        expect(canonical ?? {}).toStrictEqual(given ?? {});
        expect(structuredClone(canonical)).toStrictEqual(canonical);
        expect(labelsKey({ ...canonical, more: 'x' })).toContain('more');
      }),
    );
  });
});

describe('a map of series', () => {
  it('does what a list that is searched would do', () => {
    const change = fc.tuple(series, fc.option(fc.nat(9), { nil: undefined }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), series, (changes, probe) => {
        const map = new SeriesMap<number>();
        let list: (readonly [SeriesId, number])[] = [];
        for (const [id, value] of changes) {
          const known = list.some(([other]) => same(other, id));
          if (value === undefined) {
            expect(map.delete(id)).toBe(known);
            list = list.filter(([other]) => !same(other, id));
          } else {
            map.set(id, value);
            list = known ? list.map((row) => (same(row[0], id) ? [id, value] : row)) : [...list, [id, value]];
          }
        }
        const find = (id: SeriesId): number | undefined => list.find(([other]) => same(other, id))?.[1];
        const keyed = (rows: Iterable<readonly [SeriesId, number]>): unknown[] =>
          [...rows].map(([id, value]) => `${seriesKey(id)} ${value}`).sort();
        const { serviceId, metricName } = probe;
        const ofService = list.filter(([id]) => id.serviceId === serviceId);
        const ofMetric = ofService.filter(([id]) => id.metricName === metricName);
        expect(map.size).toBe(list.length);
        expect(map.get(probe)).toBe(find(probe));
        expect(map.hasMetric(serviceId, metricName)).toBe(ofMetric.length > 0);
        expect(keyed(map.entries())).toEqual(keyed(list));
        expect(keyed(map.entries(serviceId))).toEqual(keyed(ofService));
        expect(keyed(map.entries(serviceId, metricName))).toEqual(keyed(ofMetric));
      }),
      { numRuns: 300 },
    );
  });
});
