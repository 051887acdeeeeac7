import type { Command } from "commander";
import { AppError } from "../../core/app-error.ts";
import { isUnsafe } from "../config/api-url.ts";
import { connect, contextFlag } from "../config/connect.ts";
import type { CliDeps } from "../ports.ts";
import { gatewayUrl } from "../stdio-flags.ts";

/** Which gateway is called, and as whom. */
export interface DispatchTarget {
  /** Without a slash at the end. */
  readonly base: string;
  readonly bearer: string;
  /** The token of `MCPCTL_TOKEN`, and not one's log-in: whoever asks for the task has to be the same. */
  readonly byToken: boolean;
}

/**
 * The gateway that flags, environment or the running instance name, and the token of `MCPCTL_TOKEN`, else one's log-in. A
 * log-in goes to no other machine than the one that gave it. Throws `invalid`, `unauthenticated`/`TOKEN_MISSING`.
 */
export function dispatchTarget(deps: CliDeps, command: Command, flag: string | undefined): DispatchTarget {
  const base = gatewayUrl(flag, deps.env.MCPLOCAL_URL, deps.localInstance);
  if (isUnsafe(base)) deps.stderr(`warning: ${base} has no TLS: the token can be read on its way\n`);
  const token = deps.env.MCPCTL_TOKEN?.trim();
  if (token) return { base, bearer: token, byToken: true };
  const { url, bearer } = connect(deps, contextFlag(command));
  if (bearer === undefined) throw missing(`Not logged in to ${url}, and MCPCTL_TOKEN is not set`);
  if (new URL(url).hostname === new URL(base).hostname) return { base, bearer, byToken: false };
  throw missing(`The log-in of ${url} is not sent to the gateway at ${base}, and MCPCTL_TOKEN is not set`);
}

function missing(message: string): AppError {
  return new AppError("unauthenticated", "TOKEN_MISSING", message, {
    hint: "log in with 'mcpctl login', or put a token that may dispatch into $MCPCTL_TOKEN",
  });
}
