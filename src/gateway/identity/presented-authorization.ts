import { hasShape } from "../../core/credential.ts";
import { sessionCookieOf } from "../../core/session-cookie.ts";
import type { IncomingRequest } from "../incoming-request.ts";
import { type Refusal, refuse } from "../refusal.ts";

/**
 * The Authorization header of a request to the manager's routes, or what stands for it: a browser's session in its
 * cookie, where the page is one of ours. On other routes a cookie is nothing.
 */
export function presentedAuthorization(request: IncomingRequest, ownOrigins: readonly string[]): string | null | Refusal {
  const authorization = request.headers.get("authorization");
  const cookie = sessionCookieOf(request.headers.get("cookie"));
  if (cookie === undefined) return authorization;
  if (authorization !== null) return refuse("unauthenticated", "Invalid token: send a bearer or a cookie, not both");
  if (!hasShape("session", cookie)) return refuse("unauthenticated", "Invalid token: the cookie holds no session");
  if (!isOwnPage(request, ownOrigins)) return refuse("origin_denied", "This page may not call with the cookie of another");
  return `Bearer ${cookie}`;
}

/**
 * A browser adds the cookie to whatever page's request; so its Origin must be ours to the port. Browsers send none with
 * a page's own GET, and say in Sec-Fetch-Site whose it is; what sends neither is no browser.
 */
function isOwnPage(request: IncomingRequest, ownOrigins: readonly string[]): boolean {
  const origin = request.headers.get("origin");
  if (origin !== null) return isOwnOrigin(request, origin, ownOrigins);
  const site = request.headers.get("sec-fetch-site");
  return site === null || (site === "same-origin" && request.method === "GET");
}

function isOwnOrigin(request: IncomingRequest, origin: string, ownOrigins: readonly string[]): boolean {
  // With a Host that is none it is no URL.
  const url = URL.parse(request.url);
  const target = url && URL.parse(`${url.protocol}//${request.headers.get("host") ?? url.host}`)?.origin;
  return origin === target || ownOrigins.includes(origin);
}
