import { readFileSync } from "node:fs";
import { AppError } from "../core/app-error.ts";
import type { Tls } from "./database-url.ts";

/** What both drivers hand on to the TLS layer. */
export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
}

/** Undefined where the connection is not encrypted. Throws `invalid`/`DATABASE_CA_UNREADABLE`. */
export function tlsOptions({ mode, caFile }: Tls): TlsOptions | undefined {
  if (mode === "disable") return undefined;
  if (mode === "require") return { rejectUnauthorized: false };
  return { rejectUnauthorized: true, ...(caFile === undefined ? {} : { ca: readAuthority(caFile) }) };
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new AppError("invalid", "DATABASE_CA_UNREADABLE", `The file ${file} that sslrootcert names cannot be read`, { cause });
  }
}
