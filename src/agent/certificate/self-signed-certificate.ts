import { createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import { derBits, derInteger, derOctets, derOid, derSequence, derSet, derText, derTime, derTrue, derValue } from "./der.ts";

export interface SelfSignedOptions {
  /** The name it is issued to and by. */
  readonly commonName: string;
  /** DNS names and IP addresses that it is good for. */
  readonly hosts: readonly string[];
  readonly from: Date;
  readonly to: Date;
  /** What its holder proves to be; a server where nothing is said. */
  readonly usage?: "server" | "client";
}

/** In PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const USAGES = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;
const ALTERNATIVE_NAME = "2.5.29.17";
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;
/** Bits 0 of KeyUsage: digital signatures, and nothing else. */
const DIGITAL_SIGNATURE = derBits(Buffer.from([0x80]), 7);

/** A new P-256 key and a certificate (X.509 v3, RFC 5280) that it signs itself. It proves one thing and signs no other certificate. */
export function selfSignedCertificate({ commonName, hosts, from, to, usage = "server" }: SelfSignedOptions): CertificatePair {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = derSequence(derOid(ECDSA_SHA256));
  const name = derSequence(derSet(derSequence(derOid(COMMON_NAME), derText(commonName))));
  const body = derSequence(
    derValue(0xa0, derInteger(Buffer.from([2]))),
    derInteger(randomBytes(16)),
    algorithm,
    name,
    derSequence(derTime(from), derTime(to)),
    name,
    createPublicKey(privateKey).export({ type: "spki", format: "der" }),
    derValue(0xa3, derSequence(...extensions(hosts, USAGES[usage]))),
  );
  const signature = sign("sha256", body, { key: privateKey, dsaEncoding: "der" });
  return {
    cert: pem("CERTIFICATE", derSequence(body, algorithm, derBits(signature))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function extensions(hosts: readonly string[], usage: string): readonly Buffer[] {
  const critical = (oid: string, value: Buffer) => derSequence(derOid(oid), derTrue(), derOctets(value));
  const plain = (oid: string, value: Buffer) => derSequence(derOid(oid), derOctets(value));
  return [
    critical(BASIC_CONSTRAINTS, derSequence()),
    critical(KEY_USAGE, DIGITAL_SIGNATURE),
    plain(EXTENDED_KEY_USAGE, derSequence(derOid(usage))),
    plain(ALTERNATIVE_NAME, derSequence(...hosts.map(generalName))),
  ];
}

function generalName(host: string): Buffer {
  return isIP(host) === 0 ? derValue(DNS_NAME, Buffer.from(host)) : derValue(IP_ADDRESS, addressBytes(host));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // The URL parser writes every form of an IPv6 address, one with an IPv4 tail too, in hexadecimal groups.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string | undefined) => (text === undefined || text === "" ? [] : text.split(":"));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return Buffer.from(
    [...before, ...zeros, ...after].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}

function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString("base64").replaceAll(/(.{64})(?=.)/g, "$1\n")}\n-----END ${label}-----\n`;
}
