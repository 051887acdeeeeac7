import { AppError } from "../../core/app-error.ts";

/** The token of an Authorization header. Throws `unauthenticated`/`BEARER_REQUIRED`, `unauthenticated`/`CREDENTIAL_INVALID`. */
export function parseBearer(authorization: string | null | undefined): string {
  if (authorization === null || authorization === undefined || authorization === "") {
    throw new AppError("unauthenticated", "BEARER_REQUIRED", "Bearer token required");
  }
  const token = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw new AppError("unauthenticated", "CREDENTIAL_INVALID", "Invalid token: the metadata must have authorization: Bearer <token>");
}
