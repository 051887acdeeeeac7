import { X509Certificate } from "node:crypto";
import { AppError } from "../../core/app-error.ts";

/** A machine with an agent, as mcpd knows it. */
export interface Node {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Where its agent listens, HOST:PORT. */
  readonly address: string;
  /** PEM; undefined: a certificate that the system trusts. */
  readonly certificate: string | undefined;
  /** Counts changes from 1. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** SHA-256 of a certificate as tools show it, `AB:CD:…`. Throws `invalid`/`NODE_CERTIFICATE_INVALID`. */
export function fingerprintOf(certificate: string): string {
  try {
    return new X509Certificate(certificate).fingerprint256;
  } catch (cause) {
    throw new AppError("invalid", "NODE_CERTIFICATE_INVALID", "certificate: is no certificate in PEM", { cause });
  }
}

export function nodeUnknown(reference: string): AppError {
  return new AppError("not_found", "NODE_UNKNOWN", `There is no node ${reference.slice(0, 80)}`);
}
