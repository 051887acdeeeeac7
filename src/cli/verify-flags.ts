import { AppError } from "../core/app-error.ts";
import { containerNameOf } from "../service-definition/service-definition.ts";
import type { VerifyContainerOptions } from "../verify/stateless/verify-container.ts";
import type { VerifyImageOptions } from "../verify/stateless/verify-image.ts";
import { parsePort } from "./address-flags.ts";
import { parseServiceTarget } from "./fleet/service-target.ts";
import { parsePairs } from "./parse-pair.ts";
import { parseTimeout } from "./parse-timeout.ts";

/** The flags of `verify stateless` as they were typed. */
export interface VerifyFlags {
  readonly service?: string;
  readonly port?: string;
  readonly hostPort?: string;
  readonly path: string;
  readonly token?: string;
  readonly otherToken?: string;
  readonly tool?: string;
  readonly args?: string;
  readonly env?: readonly string[];
  /** False with --no-auth. */
  readonly auth: boolean;
  readonly timeout: string;
  readonly output: "text" | "json" | "junit" | "md";
  readonly results?: string;
  readonly keep?: boolean;
}

export type VerifyTarget =
  | ({ readonly kind: "image" } & Omit<VerifyImageOptions, "bundleFolder">)
  | ({ readonly kind: "service" } & Omit<VerifyContainerOptions, "bundleFolder">);

type Env = Readonly<Record<string, string | undefined>>;

const REQUEST_MS = 10_000;

/** What the words, the flags and the environment ask for. Throws `invalid`, naming the flag. */
export function parseVerifyFlags(image: string | undefined, flags: VerifyFlags, env: Env): VerifyTarget {
  const shared = {
    port: flags.port === undefined ? undefined : parsePort("--port", flags.port),
    path: parseUrlPath(flags.path),
    token: tokenOf("--token", flags.token, env.MCPCTL_TOKEN),
    otherToken: tokenOf("--other-token", flags.otherToken, env.MCPCTL_OTHER_TOKEN),
    tool: toolOf(flags),
    wantsToken: flags.auth,
    timeoutMs: REQUEST_MS,
  };
  if (flags.service === undefined) {
    if (image === undefined || image.trim() === "") throw targetMissing("Neither an image nor a service is named");
    return { kind: "image", ...shared, image, ...ofImage(flags, env) };
  }
  if (image !== undefined) throw targetMissing("Both an image and a service are named");
  requireNoneOf(flags);
  const { service, component = service } = parseServiceTarget(flags.service);
  return { kind: "service", ...shared, container: containerNameOf(service, component), name: flags.service };
}

function ofImage(flags: VerifyFlags, env: Env) {
  return {
    hostPort: flags.hostPort === undefined ? 0 : parsePort("--host-port", flags.hostPort),
    env: variablesOf(flags.env, env),
    startTimeoutMs: parseTimeout(flags.timeout),
    keep: flags.keep === true,
  };
}

function targetMissing(message: string): AppError {
  return new AppError("invalid", "VERIFY_TARGET_INVALID", message, {
    hint: "write 'mcpctl verify stateless IMAGE', or --service SERVICE/COMPONENT for one that runs here",
  });
}

/** What changes a container has no meaning for one that runs already. */
function requireNoneOf(flags: VerifyFlags): void {
  const given = [
    flags.hostPort === undefined ? undefined : "--host-port",
    flags.env === undefined ? undefined : "--env",
    flags.keep === true ? "--keep" : undefined,
  ].filter((flag) => flag !== undefined);
  if (given.length > 0) throw targetMissing(`${given.join(" and ")} is about an image, and a service is named`);
}

/** `NAME=VALUE`, or `NAME` for the value that it has here, which then stands in no list of processes. */
function variablesOf(texts: readonly string[] | undefined, env: Env): Readonly<Record<string, string>> {
  const pairs = texts?.map((text) => (/^[A-Za-z_]\w*$/.test(text) && env[text] !== undefined ? `${text}=${env[text]}` : text));
  return parsePairs("--env", pairs) ?? {};
}

/** An empty flag is most often a variable that was not set, so it is not taken for "no token". */
function tokenOf(flag: string, given: string | undefined, fromEnv: string | undefined): string | undefined {
  if (given?.trim() === "") {
    throw new AppError("invalid", "TOKEN_EMPTY", `${flag} is empty`, { hint: "leave it out where there is none" });
  }
  const token = (given ?? fromEnv ?? "").trim();
  return token === "" ? undefined : token;
}

function parseUrlPath(path: string): string {
  if (/^\/[\x21-\x7e]*$/.test(path) && !path.includes("#")) return path;
  throw new AppError("invalid", "VERIFY_PATH_INVALID", `--path '${path}' is no path of a URL`, { hint: "write one such as /mcp" });
}

function toolOf({ tool, args }: VerifyFlags): VerifyImageOptions["tool"] {
  if (tool !== undefined) return { name: tool, args: args === undefined ? {} : parseArgs(args) };
  if (args === undefined) return undefined;
  throw new AppError("invalid", "ARGS_WITHOUT_TOOL", "--args needs --tool", { hint: "name the tool to call: --tool NAME --args JSON" });
}

function parseArgs(text: string): Readonly<Record<string, unknown>> {
  const value = parseJson(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new AppError("invalid", "ARGS_NOT_AN_OBJECT", "--args is not a JSON object", {
    hint: `write an object in single quotes: --args '{"text":"{canary}"}'`,
  });
}

/** Undefined where the text is no JSON; no JSON text means undefined. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
