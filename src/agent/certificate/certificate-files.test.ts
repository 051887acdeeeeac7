import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCertificate, makeCertificateFiles } from "./certificate-files.ts";

let folder = "";
const OPTIONS = { commonName: "edge", hosts: ["localhost"], from: new Date("2026-01-01Z"), to: new Date("2036-01-01T00:00:00Z") };
const filesIn = (name: string) => ({ cert: join(folder, name, "cert.pem"), key: join(folder, name, "key.pem") });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "certificate-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

test("a pair that was made can be served with, and its key is its owner's alone", () => {
  const files = filesIn("a");
  makeCertificateFiles(files, OPTIONS);
  const { fingerprint, expiresAt, cert } = loadCertificate(files);
  expect(fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect([expiresAt, cert]).toEqual([OPTIONS.to, readFileSync(files.cert, "utf8")]);
  expect(statSync(files.key).mode & 0o777).toBe(0o600);
});

test("a file that is there is never replaced", () => {
  const files = filesIn("a");
  makeCertificateFiles(files, OPTIONS);
  const before = readFileSync(files.key, "utf8");
  rmSync(files.cert);
  expect(() => makeCertificateFiles(files, OPTIONS)).toThrow(expect.objectContaining({ code: "conflict", reason: "CERTIFICATE_THERE" }));
  expect(readFileSync(files.key, "utf8")).toBe(before);
});

test("what is missing, is none, or does not belong together is said with its file", () => {
  const [one, other] = [filesIn("a"), filesIn("b")];
  expect(() => loadCertificate(one)).toThrow(`${one.cert} cannot be read: ENOENT`);
  makeCertificateFiles(one, OPTIONS);
  makeCertificateFiles(other, OPTIONS);
  expect(() => loadCertificate({ cert: one.cert, key: other.key })).toThrow(
    `${other.key} is not the key of the certificate in ${one.cert}`,
  );
  expect(() => loadCertificate({ ...one, clientCa: one.key })).toThrow(`${one.key} is no certificate in PEM`);
  writeFileSync(one.key, "nonsense");
  expect(() => loadCertificate(one)).toThrow(`${one.key} is no private key in PEM`);
});
