/** The prefix makes browsers take it only with Secure, with Path=/ and without Domain: no other host can plant one. */
export const SESSION_COOKIE = "__Host-mcpctl";

const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict";

/** What `Set-Cookie` says to keep a session for so many seconds. */
export function keepCookie(credential: string, maxAgeSeconds: number): string {
  return `${SESSION_COOKIE}=${credential}; Max-Age=${maxAgeSeconds}; ${ATTRIBUTES}`;
}

/** What `Set-Cookie` says to forget it. */
export function forgetCookie(): string {
  return `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`;
}

/** The session in a `Cookie` header; of several that call themselves so none can be told to be ours, and none counts. */
export function sessionCookieOf(header: string | null): string | undefined {
  const values = (header ?? "").split(";").flatMap((pair) => {
    const [name, value] = pair.split("=", 2);
    return name?.trim() === SESSION_COOKIE && value !== undefined ? [value.trim()] : [];
  });
  return values.length > 1 ? "" : values[0];
}
