/** Bytes with the checksum of partials behind them, FNV-1a by 64-bit arithmetic: so that what they say is looked at. */
export function sealed(bytes: Uint8Array): Uint8Array {
  let hash = 0x811c9dc5n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
  return Uint8Array.of(...bytes, ...[24n, 16n, 8n, 0n].map((shift) => Number((hash >> shift) & 0xffn)));
}
