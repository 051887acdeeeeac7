import { expect, test } from "bun:test";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { derInteger, derOid, derTime, derValue } from "./der.ts";
import { selfSignedCertificate } from "./self-signed-certificate.ts";

const from = new Date("2026-01-01T00:00:00Z");
const to = new Date("2028-06-01T12:30:00Z");
const make = (hosts: readonly string[]) => selfSignedCertificate({ commonName: "edge-1 ü", hosts, from, to });

test("it says whose it is and how long it is good, and its own key has signed it", () => {
  const { cert, key } = make(["edge-1.example.org"]);
  const parsed = new X509Certificate(cert);
  expect([parsed.subject, parsed.issuer]).toEqual(["CN=edge-1 ü", "CN=edge-1 ü"]);
  expect([new Date(parsed.validFrom), new Date(parsed.validTo)]).toEqual([from, to]);
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(parsed.ca).toBe(false);
  expect(parsed.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
});

test("it is good for the names and addresses it was made for, and for no other", () => {
  const parsed = new X509Certificate(make(["localhost", "node.example.org", "127.0.0.1", "::1", "2001:db8::5:0:1", "::ffff:1.2.3.4"]).cert);
  expect([parsed.checkHost("localhost"), parsed.checkHost("NODE.example.org")]).not.toContain(undefined);
  for (const address of ["127.0.0.1", "::1", "2001:db8::5:0:1", "::ffff:1.2.3.4"]) expect(parsed.checkIP(address)).toBeDefined();
  expect([parsed.checkHost("example.org"), parsed.checkIP("127.0.0.2")]).toEqual([undefined, undefined]);
});

test("two of them have nothing in common but the names", () => {
  const [one, other] = [make(["a"]), make(["a"])].map(({ cert }) => new X509Certificate(cert));
  expect(one?.serialNumber).not.toBe(other?.serialNumber);
  expect(one?.fingerprint256).not.toBe(other?.fingerprint256);
});

test("lengths, numbers, identifiers and times are written as X.690 has it", () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  expect(hex(derValue(0x04, new Uint8Array(127))).slice(0, 4)).toBe("047f");
  expect(hex(derValue(0x04, new Uint8Array(128))).slice(0, 6)).toBe("048180");
  expect(hex(derValue(0x04, new Uint8Array(300))).slice(0, 8)).toBe("0482012c");
  expect([[0], [0x7f], [0x80], [0, 0, 5]].map((bytes) => hex(derInteger(Buffer.from(bytes))))).toEqual([
    "020100",
    "02017f",
    "02020080",
    "020105",
  ]);
  expect(hex(derOid("1.2.840.10045.4.3.2"))).toBe("06082a8648ce3d040302");
  expect(derTime(new Date("2049-12-31T23:59:59Z")).subarray(2).toString()).toBe("491231235959Z");
  expect(derTime(new Date("2050-01-01T00:00:00Z")).subarray(2).toString()).toBe("20500101000000Z");
});
