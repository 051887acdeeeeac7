import { AppError } from "../../core/app-error.ts";
import { nearest } from "../../core/nearest.ts";
import type { CliDeps, LocalInstance } from "../ports.ts";
import { parseApiUrl } from "./api-url.ts";
import type { CliConfig } from "./cli-config.ts";

/** Which installation a command speaks to, and as whom. */
export interface Target {
  readonly url: string;
  readonly bearer: string | undefined;
  /** Undefined where the environment says it all. */
  readonly context: string | undefined;
}

/**
 * `--context` is the context and nothing else. Without it the environment replaces what the current context says:
 * `MCPCTL_URL` where, `MCPCTL_API_TOKEN` as whom. A session goes to the URL that gave it and to no other.
 *
 * Throws `not_found`/`CONTEXT_UNKNOWN`, `precondition`/`CONTEXT_MISSING`, `invalid`/`API_URL_INVALID`.
 */
export function resolveTarget(
  config: CliConfig,
  env: CliDeps["env"],
  flag: string | undefined,
  local: () => LocalInstance | undefined,
): Target {
  const named = flag ?? (env.MCPCTL_URL ? undefined : (config.current ?? undefined));
  const token = flag === undefined && env.MCPCTL_API_TOKEN?.trim() ? env.MCPCTL_API_TOKEN.trim() : undefined;
  if (named !== undefined) {
    const { url, token: session } = requireContext(config, named);
    return { url, bearer: token ?? session, context: named };
  }
  if (env.MCPCTL_URL) {
    const url = parseApiUrl("MCPCTL_URL", env.MCPCTL_URL);
    const [context, known] = Object.entries(config.contexts).find(([, each]) => each.url === url) ?? [undefined, undefined];
    return { url, bearer: token ?? known?.token, context };
  }
  throw missing(local());
}

/** Throws `not_found`/`CONTEXT_UNKNOWN` with the nearest. */
export function requireContext(config: CliConfig, name: string): CliConfig["contexts"][string] {
  const found = Object.hasOwn(config.contexts, name) ? config.contexts[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(config.contexts);
  const [near] = nearest(name, names);
  const known = names.length === 0 ? "there is none: 'mcpctl login --url URL' makes one" : `contexts are ${names.join(", ")}`;
  throw new AppError("not_found", "CONTEXT_UNKNOWN", `There is no context '${name}'`, {
    hint: near === undefined ? known : `did you mean ${near}? ${known}`,
  });
}

function missing(local: LocalInstance | undefined): AppError {
  return new AppError("precondition", "CONTEXT_MISSING", "It is not known which installation is meant", {
    hint:
      local === undefined
        ? "log in: mcpctl login --url URL --username USER; or set MCPCTL_URL and MCPCTL_API_TOKEN"
        : `log in to the one on this machine: mcpctl login --url ${local.api} --username admin`,
  });
}
