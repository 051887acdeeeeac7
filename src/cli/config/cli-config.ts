import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AppError } from "../../core/app-error.ts";
import type { CliDeps } from "../ports.ts";
import { writePrivateFile } from "./write-private-file.ts";

type Env = CliDeps["env"];

const contextSchema = z.object({
  /** Base URL of mcpd, without a slash at the end. */
  url: z.string(),
  username: z.string().optional(),
  /** A session; undefined: not logged in. */
  token: z.string().optional(),
  expiresAt: z.string().optional(),
  /** Where `login` reads the password, for use without a person. */
  passwordFile: z.string().optional(),
});

/** How one installation is reached. */
export type Context = z.infer<typeof contextSchema>;

const configSchema = z.object({
  current: z.string().nullable().default(null),
  contexts: z.record(z.string(), contextSchema).default({}),
});

/** The installations that this person works with, and which of them now. */
export type CliConfig = z.infer<typeof configSchema>;

/** `$MCPCTL_CONFIG`, else mcpctl/config.json in `$XDG_CONFIG_HOME` or ~/.config. Throws `precondition`/`CONFIG_HOME_UNKNOWN`. */
export function configPath(env: Env): string {
  if (env.MCPCTL_CONFIG) return env.MCPCTL_CONFIG;
  if (env.XDG_CONFIG_HOME) return join(env.XDG_CONFIG_HOME, "mcpctl", "config.json");
  if (env.HOME) return join(env.HOME, ".config", "mcpctl", "config.json");
  throw new AppError("precondition", "CONFIG_HOME_UNKNOWN", "It is not known where the configuration is: HOME is not set", {
    hint: "set MCPCTL_CONFIG to a file",
  });
}

/** The configuration; an empty one where there is no file. Throws `precondition`/`CLI_CONFIG_UNREADABLE`. */
export function readConfig(path: string): CliConfig {
  try {
    return configSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return { current: null, contexts: {} };
    const why = (cause as { code?: string }).code ?? "it is not what mcpctl has written";
    throw new AppError("precondition", "CLI_CONFIG_UNREADABLE", `The configuration ${path} cannot be read: ${why}`, {
      cause,
      hint: "mend it, or remove it and log in again",
    });
  }
}

/** Whether somebody else on this machine could read the file, and with it the sessions. */
export function isOpenToOthers(path: string): boolean {
  try {
    return (statSync(path).mode & 0o077) !== 0;
  } catch {
    return false;
  }
}

/** Writes it for its owner alone (0600). Throws `precondition`/`CLI_CONFIG_UNWRITABLE`. */
export function writeConfig(path: string, config: CliConfig): void {
  try {
    writePrivateFile(path, `${JSON.stringify(config, null, 2)}\n`);
  } catch (cause) {
    throw new AppError("precondition", "CLI_CONFIG_UNWRITABLE", `The configuration ${path} cannot be written`, {
      cause,
      hint: "set MCPCTL_CONFIG to a file that can be",
    });
  }
}

/** The same with one context set, or, where it is undefined, taken out. */
export function withContext(config: CliConfig, name: string, context: Context | undefined): CliConfig {
  const { [name]: _, ...others } = config.contexts;
  if (context !== undefined) return { ...config, contexts: { ...others, [name]: context } };
  return { current: config.current === name ? null : config.current, contexts: others };
}
