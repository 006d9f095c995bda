import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../src/stats/bytes.ts';

const damaged = expect.objectContaining({ name: 'AnalyticsError', code: 'ERR_INVALID_SNAPSHOT' });

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.toBytes();
}

describe('ByteWriter', () => {
  it('writes varints as LEB128', () => {
    // 624485 is the worked example of the DWARF 5 specification (appendix C) and of https://en.wikipedia.org/wiki/LEB128
    expect([...written((w) => w.varint(624485))]).toEqual([0xe5, 0x8e, 0x26]);
    expect([...written((w) => w.varint(127))]).toEqual([0x7f]);
    expect([...written((w) => w.varint(128))]).toEqual([0x80, 0x01]);
    expect(written((w) => w.varint(Number.MAX_SAFE_INTEGER))).toHaveLength(8);
  });

  it('writes signed varints in zigzag order', () => {
    // Protocol Buffers encoding guide, table of sint: 0, −1, 1, −2 become 0, 1, 2, 3.
    expect([0, -1, 1, -2].map((v) => [...written((w) => w.signedVarint(v))])).toEqual([[0], [1], [2], [3]]);
  });

  it('writes doubles in little-endian order', () => {
    expect([...written((w) => w.float64(1))]).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
  });

  it('writes whole numbers in as many bytes as it is told, lowest first', () => {
    expect([...written((w) => w.whole(0x123456, 4))]).toEqual([0x56, 0x34, 0x12, 0]);
    expect([...written((w) => w.whole(2 ** 52 + 1, 7))]).toEqual([1, 0, 0, 0, 0, 0, 0x10]);
    expect(written((w) => w.whole(0, 0))).toHaveLength(0);
  });

  it('writes the head of a double from the byte with its sign on', () => {
    // −1.5 is 0xbff8 and six zero bytes (IEEE 754: sign, exponent 1023, mantissa .1).
    expect([...written((w) => w.float64Head(-1.5, 2))]).toEqual([0xbf, 0xf8]);
  });

  it('writes strings as UTF-8 behind their length in bytes', () => {
    expect([...written((w) => w.string('é€'))]).toEqual([5, 0xc3, 0xa9, 0xe2, 0x82, 0xac]);
  });

  it('is empty again after clear', () => {
    const writer = new ByteWriter();
    writer.float64(1);
    writer.clear();
    writer.byte(7);
    expect([...writer.toBytes()]).toEqual([7]);
    expect(writer.length).toBe(1);
  });
});

describe('ByteReader', () => {
  it('reads a view that starts inside its buffer', () => {
    const all = written((w) => {
      w.byte(9);
      w.float64(-2.5);
    });
    expect(new ByteReader('test', all.subarray(1)).float64()).toBe(-2.5);
  });

  it('refuses to read past the end', () => {
    const reader = () => new ByteReader('test', new Uint8Array(3));
    expect(() => reader().float64()).toThrow(damaged);
    expect(() => new ByteReader('test', new Uint8Array(0)).byte()).toThrow(damaged);
    expect(() => new ByteReader('test', Uint8Array.of(0x80)).varint()).toThrow(damaged);
  });

  it('refuses a length beyond what is left, before it allocates anything', () => {
    const bytes = written((w) => w.varint(2 ** 50));
    expect(() => new ByteReader('test', bytes).bytes()).toThrow(damaged);
    expect(() => new ByteReader('test', bytes).string()).toThrow(damaged);
  });

  it('refuses varints that no double holds exactly', () => {
    expect(() => new ByteReader('test', new Uint8Array(8).fill(0xff)).varint()).toThrow(damaged);
    expect(() => new ByteReader('test', new Uint8Array(20).fill(0x80)).varint()).toThrow(damaged);
  });

  it('refuses heads of doubles that are longer than a double', () => {
    expect(() => new ByteReader('test', new Uint8Array(20)).float64Head(9)).toThrow(damaged);
    expect(() => new ByteReader('test', new Uint8Array(3)).float64Head(4)).toThrow(damaged);
  });

  it('says how far it has read, and passes over no more than there is', () => {
    const reader = new ByteReader('test', Uint8Array.of(1, 2, 3));
    reader.skip(2);
    expect([reader.position, reader.remaining, reader.byte()]).toEqual([2, 1, 3]);
    expect(() => reader.skip(1)).toThrow(damaged);
  });

  it('refuses bytes that are left over', () => {
    const reader = new ByteReader('test', Uint8Array.of(1, 2));
    reader.byte();
    expect(() => reader.end()).toThrow(damaged);
    reader.byte();
    expect(() => reader.end()).not.toThrow();
  });

  it('names what it reads in its errors', () => {
    expect(() => new ByteReader('quantile sketch', new Uint8Array(0)).byte()).toThrow('quantile sketch bytes must be');
  });
});
