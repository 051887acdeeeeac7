import { userRoleSchema } from "../../api/resources/user.ts";
import { ACTIONS, RESOURCES, ROLES } from "../../core/permission.ts";
import { KIND_WORDS } from "../kinds/kinds.ts";

/** Where the words that may stand at a place come from. */
export type WordSource =
  | { readonly from: "words"; readonly words: readonly string[] }
  /** Names of this kind, asked of mcpd, behind it where it ends in `/`; without a kind of the one that the first operand names. */
  | { readonly from: "names"; readonly kind: string | undefined }
  | { readonly from: "files" }
  | { readonly from: "nothing" };

const words = (...list: readonly string[]): WordSource => ({ from: "words", words: list });
const names = (kind?: string): WordSource => ({ from: "names", kind });
const FILES: WordSource = { from: "files" };
const NOTHING: WordSource = { from: "nothing" };

/** The word by which `__complete` knows contexts, which are no resources. */
export const CONTEXTS = "contexts";
/** The same for nodes and services of the fleet's configuration. */
export const FLEET_NODES = "fleet-nodes";
export const FLEET_SERVICES = "fleet-services";

const BY_OPTION: Readonly<Record<string, WordSource>> = {
  "--project": names("projects"),
  "--server": names("servers"),
  "--member": names("users"),
  "--owner": names("users"),
  "--user": names("users"),
  "--context": names(CONTEXTS),
  "--node": names(FLEET_NODES),
  "--service": names(FLEET_SERVICES),
  "--config": FILES,
  "--ca": FILES,
  "--filename": FILES,
  "--template-file": FILES,
  "--password-file": FILES,
  "--ready-file": FILES,
  "--data-dir": FILES,
  "--results": FILES,
  "--role": words(...userRoleSchema.options),
  "--ttl": words("30d", "12h", "never"),
  "--since": words("15m", "1h", "1d", "7d"),
};

/** By the name of the argument, or by command and name. */
const BY_ARGUMENT: Readonly<Record<string, WordSource>> = {
  kind: words(...KIND_WORDS),
  project: names("projects"),
  server: names("servers"),
  verb: words(...ROLES, ...ACTIONS),
  resource: words(...RESOURCES),
  service: names(FLEET_SERVICES),
  file: FILES,
  files: FILES,
  "mcpctl exec component": names(FLEET_SERVICES),
  "mcpctl node remove name": names(FLEET_NODES),
  "mcpctl node status name": names(FLEET_NODES),
  "mcpctl node drain name": names(FLEET_NODES),
  "mcpctl get names": names(),
  "mcpctl describe names": names(),
  "mcpctl delete names": names(),
  "mcpctl edit name": names(),
  "mcpctl logs server": names("server/"),
  "mcpctl cancel task": words("task"),
  "mcpctl cancel ids": names("tasks"),
  "mcpctl dispatch method": words("tools/call", "prompts/get", "resources/read"),
  "mcpctl token revoke names": names("mcptokens"),
  "mcpctl user password name": names("users"),
  "mcpctl context use name": names(CONTEXTS),
  "mcpctl context delete name": names(CONTEXTS),
  "mcpctl context show name": names(CONTEXTS),
};

export function sourceOfOption(long: string, choices: readonly string[] | undefined): WordSource {
  return choices === undefined ? (BY_OPTION[long] ?? NOTHING) : words(...choices);
}

export function sourceOfArgument(path: string, name: string, choices: readonly string[] | undefined): WordSource {
  return choices === undefined ? (BY_ARGUMENT[`${path} ${name}`] ?? BY_ARGUMENT[name] ?? NOTHING) : words(...choices);
}

/** A source as the shell scripts read it: `=a b`, `@projects`, `@` for the kind of the first operand, `/` for files. */
export function encodeSource(source: WordSource): string {
  switch (source.from) {
    case "words":
      return `=${source.words.join(" ")}`;
    case "names":
      return `@${source.kind ?? ""}`;
    case "files":
      return "/";
    case "nothing":
      return "";
  }
}
