import { describe, expect, it } from 'vitest';
import { jsonLine } from '../../../src/cli/wire.ts';

describe('a line of JSON', () => {
  it('has keys in snake_case, instants in ISO 8601 and null for what is missing', () => {
    const line = jsonLine({
      serviceId: 'shop',
      p95Latency: undefined,
      startedAt: 0,
      score: Number.NaN,
      nested: [{ targetTime: 1000 }],
      probabilityAbove: () => 1,
    });
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      service_id: 'shop',
      p95_latency: null,
      started_at: '1970-01-01T00:00:00.000Z',
      score: null,
      nested: [{ target_time: '1970-01-01T00:00:01.000Z' }],
    });
  });

  it("leaves the users' own label names as they are", () => {
    const labels = JSON.parse('{"dataCenter":"eu","__proto__":"x"}');
    expect(jsonLine({ labels })).toBe('{"labels":{"dataCenter":"eu","__proto__":"x"}}\n');
  });
});
