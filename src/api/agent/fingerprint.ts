import { AppError } from "../../core/app-error.ts";

/**
 * The SHA-256 of a certificate as 64 hex digits in lower case, from how programs write it: `sha256:…`, `SHA256 Fingerprint=…`,
 * with or without colons. Throws `invalid`/`FINGERPRINT_INVALID`.
 */
export function parseFingerprint(text: string): string {
  const digits = text
    .trim()
    .replace(/^sha-?256(\s+fingerprint)?\s*[:=]/i, "")
    .replaceAll(/[:\s]/g, "")
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw new AppError("invalid", "FINGERPRINT_INVALID", "The fingerprint is no SHA-256 of a certificate", {
    hint: "it is 64 hex digits, as 'openssl x509 -noout -fingerprint -sha256 -in FILE' prints it",
  });
}

/** As it is written in files and shown: `sha256:` and 64 hex digits. */
export function formatFingerprint(digits: string): string {
  return `sha256:${digits}`;
}
