import type { Backing } from "../../api/server-definition.ts";
import { isAllowedAddress, literalAddress } from "../../core/address-guard.ts";
import { AppError } from "../../core/app-error.ts";
import { type Caller, requireAccess } from "../../core/caller.ts";
import { holdsEverything } from "../access/holds-everything.ts";
import type { BackingPolicy } from "./backing-policy.ts";
import { loadsCode } from "./code-loading-variables.ts";
import { secretsOf } from "./server.ts";

type Stdio = Extract<Backing, { kind: "stdio" }>;
type Url = Extract<Backing, { kind: "url" }>;

/**
 * Whether `caller` may put this behind a server. A changed backing is a new thing (CVE-2025-54136) and is judged as one:
 * its secrets would go to another program or another host.
 *
 * Throws `denied` for what it takes more rights or another policy for, `invalid` for what nobody may give.
 */
export function requireBackingAllowed(policy: BackingPolicy, caller: Caller, backing: Backing): void {
  if (backing.kind === "builtin") requireBuiltin(policy, backing.name);
  if (backing.kind === "stdio") requireStdio(policy, caller, backing);
  if (backing.kind === "url") requireUrl(policy, caller, backing);
  if (backing.kind === "component") {
    requireAccess(caller, { verb: "view", resource: "nodes", name: backing.node });
    requireAccess(caller, { verb: "run", resource: "services", name: backing.service });
  }
  for (const name of secretsOf(backing)) requireAccess(caller, { verb: "view", resource: "secrets", name });
}

function requireBuiltin({ builtins }: BackingPolicy, name: string): void {
  if (builtins.includes(name)) return;
  throw invalid(`backing.name: there is no built-in server ${JSON.stringify(name)}; there is ${builtins.join(", ")}`);
}

/** A command is remote code execution (CVE-2026-42271). */
function requireStdio(policy: BackingPolicy, caller: Caller, { command, env, secretEnv = {} }: Stdio): void {
  if (!holdsEverything(caller)) {
    throw new AppError("denied", "STDIO_NEEDS_ADMIN", "A server over stdio runs a program: only an administrator registers or changes one");
  }
  if (!policy.stdioEnabled) {
    throw new AppError("denied", "STDIO_DISABLED", "Servers over stdio are off, because the API listens beyond this machine", {
      hint: "start mcpd with stdio enabled if every administrator may run programs on it",
    });
  }
  if (!policy.commands.includes(command)) {
    const allowed = policy.commands.join(", ");
    throw new AppError("denied", "COMMAND_NOT_ALLOWED", `backing.command: ${JSON.stringify(command.slice(0, 80))} is none of ${allowed}`, {
      hint: "a path is another command than the name; the operator's list says what may run",
    });
  }
  for (const variable of [...Object.keys(env), ...Object.keys(secretEnv)]) {
    if (loadsCode(variable)) throw invalid(`backing.env.${variable}: would make the program load other code`);
  }
  requireApart("env", Object.keys(env), "secretEnv", Object.keys(secretEnv));
}

/** What the connection itself says of a request. */
const RESERVED_HEADERS = new Set([
  "host",
  "connection",
  "content-length",
  "content-type",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
  "proxy-connection",
  "expect",
  "accept",
  "accept-encoding",
  "mcp-session-id",
  "mcp-protocol-version",
  "mcp-method",
  "mcp-name",
  "last-event-id",
  "traceparent",
  "tracestate",
]);

function requireUrl(policy: BackingPolicy, caller: Caller, backing: Url): void {
  const { headers = {}, secretHeaders = {}, allowAddresses = [] } = backing;
  requireAddress(policy, caller, parseUrl(backing.url).hostname, allowAddresses);
  const names = [Object.keys(headers), Object.keys(secretHeaders)].map((each) => each.map((name) => name.toLowerCase()));
  const [plain = [], secret = []] = names;
  const reserved = [...plain, ...secret].find((name) => RESERVED_HEADERS.has(name));
  if (reserved !== undefined) throw invalid(`backing.headers.${reserved}: is the connection's own`);
  requireApart("headers", plain, "secretHeaders", secret);
}

function parseUrl(text: string): URL {
  if (!/^[\x21-\x7e]+$/.test(text)) throw invalid("backing.url: must be printable ASCII without spaces");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw invalid("backing.url: must not hold credentials; keep them as a secret and name it in secretHeaders");
  }
  if (url.hash !== "") throw invalid("backing.url: must not have a fragment, which no server would see");
  return url;
}

/** A name is judged by the address that it leads to, when it is dialled. */
function requireAddress({ loopbackUrls }: BackingPolicy, caller: Caller, host: string, allow: readonly string[]): void {
  const admin = holdsEverything(caller);
  if (allow.length > 0 && !admin) {
    throw new AppError("denied", "ALLOW_ADDRESSES_NEEDS_ADMIN", "backing.allowAddresses: only an administrator opens private addresses");
  }
  const literal = literalAddress(host);
  if (literal === undefined || isAllowedAddress(literal, { allow, allowLoopback: loopbackUrls && admin })) return;
  throw new AppError("denied", "ADDRESS_NOT_ALLOWED", `backing.url: ${host} is no public address`, {
    hint: loopbackUrls
      ? "an administrator may register addresses of this machine, and others with allowAddresses"
      : "an administrator may allow it with allowAddresses",
  });
}

function requireApart(first: string, names: readonly string[], second: string, others: readonly string[]): void {
  const all = [...names, ...others];
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`backing: ${twice} stands twice in ${first} and ${second}`);
}

function invalid(message: string): AppError {
  return new AppError("invalid", "SERVER_BACKING_REFUSED", message);
}
