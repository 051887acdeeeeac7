/**
 * Which addresses a connection that somebody else has named may go to: pure, and the same where a URL is registered
 * and where it is dialled. It resolves no names; whoever dials asks again for the address that a name has led to.
 */

/** What an address is for, by the IANA special-purpose registries (RFC 6890). Only `public` ones are reached by default. */
export type AddressClass =
  | "public"
  | "loopback"
  | "private"
  | "link-local"
  /** Where a cloud tells a machine its credentials. */
  | "metadata"
  | "unspecified"
  | "multicast"
  /** IPv6 that carries an IPv4 address to somewhere else: 6to4, Teredo, ISATAP, IPv4-compatible. */
  | "tunnel"
  | "reserved"
  /** No address at all. */
  | "invalid";

export interface AddressAllowance {
  /** Ranges that are reached although they are not public, such as `10.0.0.0/8` or `fd00::/8`. */
  readonly allow: readonly string[];
  /** Addresses of this machine are reached. */
  readonly allowLoopback: boolean;
}

interface Address {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

type Range = readonly [kind: AddressClass, bits: bigint, prefix: number];

/** In this order: the first that holds an address says what it is. */
const V4_RANGES: readonly Range[] = [
  ["metadata", 0xa9fea9fen, 32], // 169.254.169.254
  ["metadata", 0xa83f8110n, 32], // 168.63.129.16, Azure's
  ["metadata", 0x646464c8n, 32], // 100.100.100.200, Alibaba's
  ["unspecified", 0x00000000n, 8], // connects to this machine on Linux
  ["loopback", 0x7f000000n, 8],
  ["private", 0x0a000000n, 8],
  ["private", 0xac100000n, 12],
  ["private", 0xc0a80000n, 16],
  ["private", 0x64400000n, 10], // shared by carriers, RFC 6598
  ["link-local", 0xa9fe0000n, 16],
  ["reserved", 0xc0000000n, 24], // protocol assignments
  ["reserved", 0xc0000200n, 24], // documentation, as the two below
  ["reserved", 0xc6336400n, 24],
  ["reserved", 0xcb007100n, 24],
  ["reserved", 0xc0586300n, 24], // 6to4 relays
  ["reserved", 0xc6120000n, 15], // benchmarks
  ["multicast", 0xe0000000n, 4],
  ["reserved", 0xf0000000n, 4],
];

const V6_RANGES: readonly Range[] = [
  ["unspecified", 0n, 128],
  ["loopback", 1n, 128],
  ["metadata", 0xfd000ec2000000000000000000000254n, 128],
  ["private", 0xfcn << 120n, 7],
  ["private", 0xfec0n << 112n, 10], // site-local, deprecated
  ["private", 0x0064ff9b0001n << 80n, 48], // NAT64 for local use
  ["link-local", 0xfe80n << 112n, 10],
  ["multicast", 0xffn << 120n, 8],
  ["tunnel", 0x20010000n << 96n, 32], // Teredo
  ["tunnel", 0x2002n << 112n, 16], // 6to4
  ["tunnel", 0n, 96], // IPv4-compatible, deprecated
  ["reserved", 0x20010000n << 96n, 23], // protocol assignments
  ["reserved", 0x20010db8n << 96n, 32], // documentation, as the next
  ["reserved", 0x3fff0n << 108n, 20],
];

/** Only this part of IPv6 is given out for the public internet. */
const V6_GLOBAL: Range = ["public", 0x2n << 124n, 3];
const V4_MAPPED: Range = ["public", 0xffffn << 32n, 96];
const NAT64: Range = ["public", 0x0064ff9bn << 96n, 96];
/** The interface part of ISATAP addresses (RFC 5214), whose second-lowest bit of the first octet may be set. */
const ISATAP = 0x00005efen;

/** What an address is for. Odd notations of IPv4 (octal, hexadecimal, one number, short forms) count as what they mean. */
export function classifyAddress(ip: string): AddressClass {
  const address = parseAddress(ip);
  return address === undefined ? "invalid" : classify(address);
}

/** Whether a connection may go there: public addresses, and what is allowed besides. */
export function isAllowedAddress(ip: string, { allow, allowLoopback }: AddressAllowance): boolean {
  const address = parseAddress(ip);
  if (address === undefined) return false;
  const kind = classify(address);
  if (kind === "public" || (kind === "loopback" && allowLoopback)) return true;
  return allow.some((cidr) => {
    const range = parseCidr(cidr);
    return range !== undefined && range.family === address.family && holds(range.range, address);
  });
}

/**
 * The address that a host of a URL means without any look-up, fit for the other functions; undefined for a name.
 *
 * What ends in a number is an address or nothing (WHATWG URL, "ends in a number"); `localhost` and what lies below it
 * are this machine (RFC 6761).
 */
export function literalAddress(host: string): string | undefined {
  const plain = host
    .normalize("NFKC")
    .replaceAll(/[\u3002\uff0e\uff61]/g, ".")
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
  if (plain === "localhost" || plain.endsWith(".localhost")) return "127.0.0.1";
  if (plain.includes(":")) return plain;
  return /(^|\.)(\d+|0x[0-9a-f]*)$/.test(plain) ? plain : undefined;
}

function classify({ family, bits }: Address): AddressClass {
  if (family === 4) return V4_RANGES.find((range) => holds(range, { family, bits }))?.[0] ?? "public";
  const address: Address = { family, bits };
  // A translator sends it on to the IPv4 address inside.
  if (holds(NAT64, address)) return classify({ family: 4, bits: bits & 0xffffffffn });
  const special = V6_RANGES.find((range) => holds(range, address))?.[0];
  if (special !== undefined) return special;
  if (((bits >> 32n) & 0xfdffffffn) === ISATAP) return "tunnel";
  return holds(V6_GLOBAL, address) ? "public" : "reserved";
}

function holds([, bits, prefix]: Range, address: Address): boolean {
  const rest = BigInt((address.family === 4 ? 32 : 128) - prefix);
  return bits >> rest === address.bits >> rest;
}

/** An IPv4-mapped address is the IPv4 address: the system connects to that. */
function parseAddress(ip: string): Address | undefined {
  if (ip.length > 100) return undefined;
  if (!ip.includes(":")) {
    const bits = parseV4(ip);
    return bits === undefined ? undefined : { family: 4, bits };
  }
  const bits = parseV6(ip.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/s, ""));
  if (bits === undefined) return undefined;
  return holds(V4_MAPPED, { family: 6, bits }) ? { family: 4, bits: bits & 0xffffffffn } : { family: 6, bits };
}

/** `undefined` for what is no range; that allows nothing. */
function parseCidr(cidr: string): { readonly family: 4 | 6; readonly range: Range } | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(cidr);
  const address = parseAddress(match?.[1] ?? "");
  if (match === null || address === undefined) return undefined;
  const mapped = address.family === 4 && match[1]?.includes(":") === true;
  const prefix = Number(match[2]) - (mapped ? 96 : 0);
  if (prefix < 0 || prefix > (address.family === 4 ? 32 : 128)) return undefined;
  return { family: address.family, range: ["public", address.bits, prefix] };
}

/** As inet_aton and WHATWG URL read it: one to four numbers, the last of which fills what is left. */
function parseV4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length > 4) return undefined;
  let bits = 0n;
  for (const [index, part] of parts.entries()) {
    const number = parseV4Number(part);
    const isLast = index === parts.length - 1;
    const room = isLast ? BigInt(8 * (4 - index)) : 8n;
    if (number === undefined || number >> room !== 0n) return undefined;
    bits = (bits << room) | number;
  }
  return bits;
}

function parseV4Number(part: string): bigint | undefined {
  if (part.length > 40) return undefined;
  if (/^0x[0-9a-f]*$/i.test(part)) return part.length === 2 ? 0n : BigInt(part);
  if (/^0[0-7]+$/.test(part)) return BigInt(`0o${part.slice(1)}`);
  return /^(0|[1-9]\d*)$/.test(part) ? BigInt(part) : undefined;
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<bigint>(missing).fill(0n), ...(tail ?? [])];
  return groups.reduce((bits, group) => (bits << 16n) | group, 0n);
}

/** Groups of 16 bits, of which a dotted IPv4 address at the very end makes two. */
function groupsOf(half: string, isEnd: boolean): bigint[] | undefined {
  if (half === "") return [];
  const words = half.split(":");
  const groups: bigint[] = [];
  for (const [index, word] of words.entries()) {
    if (isEnd && word.includes(".") && index === words.length - 1) {
      const bits = /^\d{1,3}(\.\d{1,3}){3}$/.test(word) ? parseV4(word) : undefined;
      if (bits === undefined) return undefined;
      groups.push(bits >> 16n, bits & 0xffffn);
    } else if (/^[0-9a-f]{1,4}$/i.test(word)) groups.push(BigInt(`0x${word}`));
    else return undefined;
  }
  return groups;
}
