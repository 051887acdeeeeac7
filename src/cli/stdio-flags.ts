import { AppError } from "../core/app-error.ts";
import { parseServerHandle } from "../core/server-handle.ts";
import { isOpenToOthers } from "./config/cli-config.ts";
import { parsePathFlag } from "./path-flag.ts";
import type { LocalInstance } from "./ports.ts";
import { readFile } from "./read-text.ts";

/** The flags of `mcplocal stdio` as they were typed. */
export interface StdioFlags {
  readonly project?: string;
  readonly server?: string;
  readonly url?: string;
  readonly tokenFile?: string;
}

/** What a client that starts a process is carried to. */
export interface StdioOptions {
  /** The MCP endpoint at the gateway. */
  readonly url: string;
  readonly token: string;
  /** Of what the command line has found that is not as it should be. */
  readonly warnings: readonly string[];
}

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly localInstance: () => LocalInstance | undefined;
}

const MAX_TOKEN_BYTES = 16 * 1024;
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * What flags, environment and the running instance say. Throws AppError with a hint: `invalid` for what was typed wrongly,
 * `unauthenticated`/`TOKEN_MISSING` where there is no token.
 */
export function parseStdioFlags(flags: StdioFlags, { env, localInstance }: Surroundings): StdioOptions {
  const path = endpointPath(flags);
  const base = gatewayUrl(flags.url, env.MCPLOCAL_URL, localInstance);
  const file = parsePathFlag("--token-file", flags.tokenFile);
  const warnings = file !== undefined && isOpenToOthers(file) ? [`others on this machine can read ${file}; 'chmod 600' it`] : [];
  return { url: `${base}${path}`, token: file === undefined ? tokenOf(env.MCPCTL_TOKEN, flags) : tokenIn(file), warnings };
}

/** How to get a token for what the flags name. */
export function tokenHint({ project }: StdioFlags): string {
  const make = `mcpctl create mcptoken NAME -p ${project ?? "PROJECT"} --rbac clone`;
  return `make one with '${make}' and put it into $MCPCTL_TOKEN, or into a file for --token-file`;
}

function endpointPath({ project, server }: StdioFlags): string {
  if ((project === undefined) === (server === undefined)) {
    throw new AppError(
      "invalid",
      "STDIO_TARGET_INVALID",
      project === undefined ? "Nothing is named to reach" : "Two things are named to reach",
      {
        hint: "name a project with --project, or one server with --server",
      },
    );
  }
  if (server !== undefined) return `/api/v1/mcp/${parseServerHandle(server)}`;
  if (project === "") throw new AppError("invalid", "NAME_INVALID", "--project is empty", { hint: "name a project: --project demo" });
  return `/projects/${encodeURIComponent(project ?? "")}/mcp`;
}

/** Base URL of the gateway: the flag, else the environment's, else that of the instance on this machine. Throws `invalid`. */
export function gatewayUrl(flag: string | undefined, fromEnv: string | undefined, local: Surroundings["localInstance"]): string {
  if (flag !== undefined) return parseGatewayUrl("--url", flag);
  if (fromEnv !== undefined && fromEnv !== "") return parseGatewayUrl("MCPLOCAL_URL", fromEnv);
  const found = local();
  if (found !== undefined) return found.gateway;
  throw new AppError("invalid", "GATEWAY_URL_MISSING", "It is not known where the gateway is, and none runs on this machine", {
    hint: "name it: --url http://HOST:3200, or MCPLOCAL_URL; 'mcpctl up' starts one",
  });
}

function parseGatewayUrl(from: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usable = url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
  if (usable) return url.href.replace(/\/+$/, "");
  // What holds an @ may hold a password.
  const shown = text.includes("@") ? from : `${from} '${text}'`;
  throw new AppError("invalid", "GATEWAY_URL_INVALID", `${shown} is no base URL of a gateway`, {
    hint: "write http://HOST:PORT or https://HOST; the path of a project comes by itself",
  });
}

function tokenOf(fromEnv: string | undefined, flags: StdioFlags): string {
  const token = (fromEnv ?? "").trim();
  if (token === "") {
    throw new AppError("unauthenticated", "TOKEN_MISSING", "There is no token: MCPCTL_TOKEN is not set", { hint: tokenHint(flags) });
  }
  if (TOKEN.test(token)) return token;
  throw new AppError("invalid", "BEARER_INVALID", "MCPCTL_TOKEN has characters that no header can carry", { hint: tokenHint(flags) });
}

function tokenIn(file: string): string {
  const token = readFile(file, MAX_TOKEN_BYTES).trim();
  if (TOKEN.test(token)) return token;
  throw new AppError("invalid", "TOKEN_FILE_INVALID", `${file} holds no token`, {
    hint: "it is one line, as 'mcpctl create mcptoken' prints it",
  });
}
