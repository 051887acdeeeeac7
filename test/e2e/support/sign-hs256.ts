import { createHmac } from "node:crypto";

/** A JWT by HS256 for this subject, with these claims besides; for five minutes and with the common scopes where nothing else is said. */
export function signHs256(secret: string, sub: string, claims: Readonly<Record<string, unknown>> = {}): string {
  const exp = Math.floor(Date.now() / 1000) + 300;
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub, exp, scope: "mcp:read mcp:call", ...claims })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}
