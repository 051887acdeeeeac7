/** The few forms of DER (X.690) that a certificate is made of. */

const TAG = { boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31 } as const;

export function derValue(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

export const derSequence = (...parts: readonly Uint8Array[]) => derValue(TAG.sequence, ...parts);
export const derSet = (...parts: readonly Uint8Array[]) => derValue(TAG.set, ...parts);
export const derText = (text: string) => derValue(TAG.utf8, Buffer.from(text));
export const derOctets = (bytes: Uint8Array) => derValue(TAG.octetString, bytes);
export const derTrue = () => derValue(TAG.boolean, Buffer.from([0xff]));

/** Whole bytes, or with that many unused bits at the end. */
export const derBits = (bytes: Uint8Array, unused = 0) => derValue(TAG.bitString, Buffer.from([unused]), bytes);

/** A number that is not negative, its bytes from the highest on. */
export function derInteger(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start === -1 ? Buffer.from([0]) : bytes.subarray(start);
  return derValue(TAG.integer, (digits[0] ?? 0) >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), digits);
}

/** `1.2.840.10045.4.3.2`. */
export function derOid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return derValue(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** Years from 2050 on are written with four digits (RFC 5280, 4.1.2.5). */
export function derTime(date: Date): Buffer {
  const digits = `${date.toISOString().replaceAll(/[-:T]|\.\d+Z/g, "")}Z`;
  return date.getUTCFullYear() < 2050 ? derValue(0x17, Buffer.from(digits.slice(2))) : derValue(0x18, Buffer.from(digits));
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function base128(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128));
  return bytes;
}
