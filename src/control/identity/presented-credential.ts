import { AppError } from "../../core/app-error.ts";
import { hasShape } from "../../core/credential.ts";
import { sessionCookieOf } from "../../core/session-cookie.ts";

/** A credential as a request presents it. */
export interface PresentedCredential {
  readonly by: "bearer" | "cookie";
  readonly credential: string;
}

/** Longer than any credential of ours; a header line holds 8 KiB. */
export const MAX_CREDENTIAL_LENGTH = 4096;

/**
 * The one credential of a request: a bearer, or a browser's session in its cookie, which counts only for pages of our
 * own. `ownOrigins` are origins that are ours besides the one that the request was sent to, such as that of a proxy
 * which ends TLS before us.
 *
 * Throws `unauthenticated`/`BEARER_REQUIRED`, `unauthenticated`/`CREDENTIAL_INVALID`, `denied`/`ORIGIN_DENIED`.
 */
export function presentedCredential(request: Request, ownOrigins: readonly string[]): PresentedCredential {
  const authorization = request.headers.get("authorization");
  const cookie = sessionCookieOf(request.headers.get("cookie"));
  if (authorization !== null && cookie !== undefined) throw invalid("send a bearer or a cookie, not both");
  if (cookie !== undefined) {
    if (!hasShape("session", cookie)) throw invalid("the cookie holds no session");
    requireOwnPage(request, ownOrigins);
    return { by: "cookie", credential: cookie };
  }
  if (authorization === null || authorization === "") {
    throw new AppError("unauthenticated", "BEARER_REQUIRED", "Bearer token required");
  }
  const bearer = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1];
  if (bearer === undefined || bearer.length > MAX_CREDENTIAL_LENGTH) throw invalid("the Authorization header must be 'Bearer <token>'");
  return { by: "bearer", credential: bearer };
}

export function invalid(why: string): AppError {
  return new AppError("unauthenticated", "CREDENTIAL_INVALID", `Invalid token: ${why}`);
}

/**
 * A browser adds the cookie to whatever page's request; so its Origin must be ours to the port. Only a request that
 * reads may come without one: browsers send none with a page's own GET, and say in Sec-Fetch-Site whose it is.
 */
function requireOwnPage(request: Request, ownOrigins: readonly string[]): void {
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  const reads = request.method === "GET" || request.method === "HEAD";
  const own = origin === null ? reads && (site === null || site === "same-origin") : isOwn(request, origin, ownOrigins);
  if (!own) throw new AppError("denied", "ORIGIN_DENIED", "This page may not call with the cookie of another");
}

function isOwn(request: Request, origin: string, ownOrigins: readonly string[]): boolean {
  // With a Host that is none it is no URL.
  const url = URL.parse(request.url);
  const target = url && URL.parse(`${url.protocol}//${request.headers.get("host") ?? url.host}`)?.origin;
  return origin === target || ownOrigins.includes(origin);
}
