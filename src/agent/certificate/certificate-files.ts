import { createPrivateKey, X509Certificate } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { AppError } from "../../core/app-error.ts";
import { type SelfSignedOptions, selfSignedCertificate } from "./self-signed-certificate.ts";

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  /** Authorities of the certificates that clients must show. */
  readonly clientCa?: string | undefined;
}

/** A certificate that can be served with; texts in PEM. */
export interface LoadedCertificate {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | undefined;
  readonly expiresAt: Date;
  /** `sha256:` and 64 hex digits. */
  readonly fingerprint: string;
}

/** Throws `not_found`/`CERTIFICATE_MISSING`, `invalid`/`CERTIFICATE_INVALID` with the file. */
export function loadCertificate(files: CertificateFiles): LoadedCertificate {
  const [cert, key] = [read(files.cert), read(files.key)];
  const clientCa = files.clientCa === undefined ? undefined : read(files.clientCa);
  const parsed = unlessInvalid(files.cert, "is no certificate in PEM", () => new X509Certificate(cert));
  const privateKey = unlessInvalid(files.key, "is no private key in PEM", () => createPrivateKey(key));
  if (!parsed.checkPrivateKey(privateKey)) throw invalid(`${files.key} is not the key of the certificate in ${files.cert}`);
  if (clientCa !== undefined) unlessInvalid(files.clientCa ?? "", "is no certificate in PEM", () => new X509Certificate(clientCa));
  return { cert, key, clientCa, expiresAt: new Date(parsed.validTo), fingerprint: fingerprintOf(parsed) };
}

/** `sha256:` and 64 hex digits. */
export function fingerprintOf({ fingerprint256 }: X509Certificate): string {
  return `sha256:${fingerprint256.replaceAll(":", "").toLowerCase()}`;
}

/**
 * Makes a certificate that signs itself, and writes it and its key (0600) where nothing is yet. Throws
 * `conflict`/`CERTIFICATE_THERE` where one of the two files is.
 */
export function makeCertificateFiles(files: Pick<CertificateFiles, "cert" | "key">, options: SelfSignedOptions): void {
  const there = [files.cert, files.key].find((file) => existsSync(file));
  if (there !== undefined) {
    throw new AppError("conflict", "CERTIFICATE_THERE", `${there} is there already, and is not replaced`, {
      hint: "move it away, or name other files",
    });
  }
  const { cert, key } = selfSignedCertificate(options);
  // The key first: a certificate without one is of no use, and a crash in between leaves no pair that does not fit.
  writeNew(files.key, key, 0o600);
  writeNew(files.cert, cert, 0o644);
}

function writeNew(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, "wx", mode);
  try {
    writeSync(file, Buffer.from(text));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const why = (cause as { code?: string }).code ?? "unknown cause";
    throw new AppError("not_found", "CERTIFICATE_MISSING", `${path} cannot be read: ${why}`, {
      cause,
      hint: "'mcp-agent cert' makes a certificate and its key",
    });
  }
}

function unlessInvalid<T>(path: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw invalid(`${path} ${what}`, cause);
  }
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError("invalid", "CERTIFICATE_INVALID", message, { cause, hint: "'mcp-agent cert' makes a certificate and its key" });
}
