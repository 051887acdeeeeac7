/** For tests: a certificate that signs itself, for 127.0.0.1 and localhost, made anew with each call. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export interface SelfSigned {
  readonly key: string;
  /** PEM. */
  readonly cert: string;
  /** SHA-256 in 64 hex digits. */
  readonly fingerprint: string;
}

/** What else it may say: for whom and when it is good. */
interface Validity {
  readonly from: Date;
  readonly to: Date;
  /** Of IPv4; 127.0.0.1 where it is left out. */
  readonly address?: readonly number[];
}

const ALWAYS: Validity = { from: new Date("2020-01-01"), to: new Date("2049-01-01") };

export function selfSigned(commonName = "agent", validity = ALWAYS): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const body = certificateBody(commonName, publicKey, validity);
  const signature = sign("sha256", body, privateKey);
  const der = sequence(body, ECDSA_SHA256, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der
    .toString("base64")
    .replaceAll(/(.{64})/g, "$1\n")
    .trimEnd();
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    fingerprint: createHash("sha256").update(der).digest("hex"),
  };
}

const ECDSA_SHA256 = sequence(oid("2a8648ce3d040302"));

function certificateBody(commonName: string, publicKey: KeyObject, { from, to, address = [127, 0, 0, 1] }: Validity): Buffer {
  const name = sequence(tlv(0x31, sequence(oid("550403"), tlv(0x0c, Buffer.from(commonName)))));
  const validity = sequence(utcTime(from), utcTime(to));
  const alternatives = sequence(tlv(0x82, Buffer.from("localhost")), tlv(0x87, Buffer.from(address)));
  const constraints = sequence(oid("551d13"), tlv(0x04, sequence(tlv(0x01, Buffer.from([0xff])))));
  const extensions = tlv(0xa3, sequence(constraints, sequence(oid("551d11"), tlv(0x04, alternatives))));
  const serial = tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)]));
  const spki = publicKey.export({ type: "spki", format: "der" });
  return sequence(tlv(0xa0, tlv(0x02, Buffer.from([2]))), serial, ECDSA_SHA256, name, validity, name, spki, extensions);
}

/** `YYMMDDHHMMSSZ`, for years before 2050. */
function utcTime(at: Date): Buffer {
  return tlv(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replaceAll(/[-:T]/g, "")}Z`));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, "hex"));
}

function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}
