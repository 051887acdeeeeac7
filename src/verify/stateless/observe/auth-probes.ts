import { createHmac, randomBytes } from "node:crypto";
import type { AuthProbe, AuthProbeKind } from "../observations.ts";
import type { Subject, VerifyDeps } from "../subject.ts";

const MAX_BODY = 2_000;
const LONG_AGO = 1_600_000_000;
const FAR_AHEAD = 4_000_000_000;

interface Attempt {
  readonly kind: AuthProbeKind;
  readonly authorization: string | undefined;
  readonly query?: string;
}

/** Asks without a good credential in every way that is known to go wrong, and tells what came back. */
export async function authProbes(
  deps: Pick<VerifyDeps, "fetch">,
  subject: Pick<Subject, "url" | "timeoutMs" | "token">,
): Promise<readonly AuthProbe[]> {
  const probes: AuthProbe[] = [];
  for (const attempt of attempts(subject.token)) probes.push(...(await probesOf(deps, subject, attempt)));
  return probes;
}

/** `initialize` without any credential. */
export async function probeWithoutToken(deps: Pick<VerifyDeps, "fetch">, subject: Pick<Subject, "url" | "timeoutMs">): Promise<AuthProbe> {
  return probe(deps, subject, { kind: "no token", authorization: undefined }, "initialize");
}

function attempts(token: string | undefined): readonly Attempt[] {
  return [
    { kind: "no token", authorization: undefined },
    { kind: "an empty bearer", authorization: "Bearer " },
    { kind: "a malformed JWT", authorization: "Bearer not-a-jwt" },
    { kind: "a malformed JWT", authorization: "Bearer aaaa.bbbb.cccc" },
    { kind: "a JWT of a foreign issuer", authorization: `Bearer ${foreignJwt("HS256")}` },
    { kind: "an unsigned JWT", authorization: `Bearer ${foreignJwt("none")}` },
    { kind: "a token in the URL", authorization: undefined, query: `access_token=${encodeURIComponent(token ?? foreignJwt("HS256"))}` },
  ];
}

/** A JWT of good form, with every right that there is, signed with a key that nobody knows. */
function foreignJwt(alg: "HS256" | "none"): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { sub: "admin", iss: "mcpctl-verify", aud: "mcp", scope: "mcp:admin", iat: LONG_AGO, exp: FAR_AHEAD };
  const signed = `${part({ alg, typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${alg === "none" ? "" : createHmac("sha256", randomBytes(32)).update(signed).digest("base64url")}`;
}

function probesOf(
  deps: Pick<VerifyDeps, "fetch">,
  subject: Pick<Subject, "url" | "timeoutMs">,
  attempt: Attempt,
): Promise<readonly AuthProbe[]> {
  return Promise.all((["initialize", "tools/list", "GET"] as const).map((what) => probe(deps, subject, attempt, what)));
}

async function probe(
  { fetch }: Pick<VerifyDeps, "fetch">,
  { url, timeoutMs }: Pick<Subject, "url" | "timeoutMs">,
  { kind, authorization, query }: Attempt,
  what: "initialize" | "tools/list" | "GET",
): Promise<AuthProbe> {
  const request = what === "GET" ? "GET" : `POST ${what}`;
  const headers: Record<string, string> = { accept: "application/json, text/event-stream" };
  if (authorization !== undefined) headers.authorization = authorization;
  if (what !== "GET") headers["content-type"] = "application/json";
  const body = what === "GET" ? {} : { body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: what, params: paramsOf(what) }) };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const target = query === undefined ? url : `${url}?${query}`;
    const response = await fetch(target, { method: what === "GET" ? "GET" : "POST", headers, redirect: "manual", signal, ...body });
    return { kind, request, status: response.status, body: await firstPart(response) };
  } catch {
    return { kind, request, status: 0, body: "" };
  }
}

function paramsOf(method: "initialize" | "tools/list"): object {
  if (method === "tools/list") return {};
  return { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "mcpctl", version: "1" } };
}

/** A stream that was let in has no end: its beginning is enough. */
async function firstPart(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  if (response.ok) {
    await reader.cancel();
    return "";
  }
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value ?? new Uint8Array()).slice(0, MAX_BODY);
}
