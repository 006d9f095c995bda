import { describe, expect, it } from 'vitest';
import { BitWriter, CodeReader } from '../../../src/stats/bit-codes.ts';
import { ByteReader, ByteWriter } from '../../../src/stats/bytes.ts';

const damaged = expect.objectContaining({ name: 'AnalyticsError', code: 'ERR_INVALID_SNAPSHOT' });

/** The bits written, in base 2, byte after byte. */
function written(write: (bits: BitWriter) => void): string {
  const writer = new ByteWriter();
  const bits = new BitWriter(writer);
  write(bits);
  bits.end();
  return [...writer.toBytes()].map((byte) => byte.toString(2).padStart(8, '0')).join(' ');
}

function reading(...bytes: number[]): CodeReader {
  return new CodeReader(new ByteReader('test', Uint8Array.from(bytes)), 0);
}

describe('BitWriter', () => {
  it('writes the highest bit first and fills the last byte with zeros', () => {
    expect(
      written((w) => {
        w.bits(0b101, 3);
        w.bits(0, 0);
        w.bits(0b1100110011, 10);
      }),
    ).toBe('10111001 10011000');
  });

  it('writes the codes of the H.264 table', () => {
    // ITU-T H.264 (06/2019), 9.1, table 9-2: ue(v) of 0 to 6 are 1, 010, 011, 00100, 00101, 00110, 00111.
    expect(
      written((w) => {
        for (let n = 0; n <= 6; n++) w.code(n, 0);
      }),
    ).toBe('10100110 01000010 10011000 11100000');
  });

  it('writes ⌊n / 2ᵏ⌋ as such a code and then k bits for order k', () => {
    // 13 = 3 · 4 + 1 → 00100 01; 2 = 0 · 4 + 2 → 1 10.
    expect(
      written((w) => {
        w.code(13, 2);
        w.code(2, 2);
      }),
    ).toBe('00100011 10000000');
  });
});

describe('CodeReader', () => {
  it('knows where the first byte is of which it has read nothing', () => {
    const codes = reading(0b11010000, 0xff);
    expect(codes.position).toBe(0);
    expect([codes.code(0), codes.position]).toEqual([0, 1]);
    expect([codes.code(0), codes.code(0), codes.position]).toEqual([0, 1, 1]);
  });

  it('refuses bytes that end inside a code', () => {
    expect(() => reading().code(0)).toThrow(damaged);
    expect(() => reading(0, 0, 0, 1).code(0)).toThrow(damaged);
  });

  it('refuses codes of numbers that no double holds, however many zeros there are', () => {
    expect(() => reading(...Array(1000).fill(0)).code(0)).toThrow(damaged);
    expect(() => reading(0, 0, 0, 0, 0, 0, 0b100, 0, 0, 0, 0, 0, 0, 0).code(0)).toThrow(damaged); // 53 zeros
    expect(() => reading(...Array(6).fill(0), 0x0f, ...Array(8).fill(0xff)).code(12)).toThrow(damaged);
  });
});
