import { AppError } from "../../core/app-error.ts";

/** What carries the headers of a call: gRPC metadata, or the headers of HTTP. */
export interface CallMetadata {
  get(name: string): string | null | undefined;
}

/** The bearer token of a call. Throws `unauthenticated`/`BEARER_REQUIRED`, `unauthenticated`/`CREDENTIAL_INVALID`. */
export function bearerOf(metadata: CallMetadata): string {
  return parseBearer(metadata.get("authorization"));
}

/** The token of an Authorization header. Throws as `bearerOf`. */
export function parseBearer(authorization: string | null | undefined): string {
  if (authorization === null || authorization === undefined || authorization === "") {
    throw new AppError("unauthenticated", "BEARER_REQUIRED", "Bearer token required");
  }
  const token = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw new AppError("unauthenticated", "CREDENTIAL_INVALID", "Invalid token: the metadata must have authorization: Bearer <token>");
}
