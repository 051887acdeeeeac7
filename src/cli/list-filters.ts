import { type Command, Option } from "commander";
import { AUDIT_KINDS, AUDIT_OUTCOMES } from "../api/audit-event.ts";
import { TASK_STATES } from "../api/dispatch-task.ts";
import { AppError } from "../core/app-error.ts";
import { parseDuration } from "../core/duration.ts";
import type { FilterName, Kind } from "./kinds/kind.ts";

/** The flags that narrow a list down, as they were typed. */
export type FilterFlags = Readonly<Partial<Record<FilterName, string | boolean>>>;

const FLAGS: Readonly<Record<FilterName, () => Option>> = {
  project: () => new Option("-p, --project <project>", "of this project"),
  name: () => new Option("--name <name>", "of this name"),
  owner: () => new Option("--owner <user>", "projects or tokens of this user"),
  server: () => new Option("--server <server>", "projects with this server, or what was done with it"),
  member: () => new Option("--member <user>", "groups with this user"),
  subject: () => new Option("--subject <subject>", "definitions for this subject, as User:jo@example.org"),
  backing: () => new Option("--backing <kind>", "servers with this behind them").choices(["builtin", "stdio", "url"]),
  enabled: () => new Option("--enabled <yes>", "servers that are enabled, or are not").choices(["true", "false"]),
  status: () => new Option("--status <status>", "tokens that are active, expired or revoked; audit: HTTP status"),
  state: () => new Option("--state <state>", "tasks in this state").choices([...TASK_STATES]),
  token: () => new Option("--token <name>", "audit: of tokens of this name"),
  tokenSha: () => new Option("--token-sha <sha>", "audit: of the token with this SHA-256"),
  user: () => new Option("--user <user>", "audit: with this user behind it"),
  tool: () => new Option("--tool <tool>", "audit: calls of this tool"),
  kind: () => new Option("--kind <kind>", "audit: events of this kind").choices([...AUDIT_KINDS]),
  outcome: () => new Option("--outcome <outcome>", "audit: with this outcome").choices([...AUDIT_OUTCOMES]),
  trace: () => new Option("--trace <id>", "audit: of this trace"),
  since: () => new Option("--since <when>", "audit: from then on; 1h ago is 1h, or an ISO 8601 instant"),
  until: () => new Option("--until <when>", "audit: before then, written as --since"),
};

export function addFilterOptions(command: Command, names: readonly FilterName[] = Object.keys(FLAGS) as FilterName[]): Command {
  for (const name of names) command.addOption(FLAGS[name]());
  return command;
}

/** The query that the flags make for a list of `kind`. Throws `invalid`/`FILTER_UNSUPPORTED`, `WHEN_INVALID`. */
export function parseFilters(kind: Kind, flags: FilterFlags, now: Date): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(flags) as [FilterName, string | undefined][]) {
    if (value === undefined || !(name in FLAGS)) continue;
    const field = kind.filters[name];
    if (field === undefined) throw unsupported(kind, name);
    query[field] = name === "since" || name === "until" ? parseWhen(`--${name}`, value, now) : value;
  }
  return query;
}

/** An ISO instant: `1h` is an hour ago. Throws `invalid`/`WHEN_INVALID`, naming the flag. */
export function parseWhen(flag: string, text: string, now: Date): string {
  const at = /^\d+(\.\d+)?[a-z]+$/i.test(text) ? now.getTime() - parseDuration(text) : Date.parse(text);
  if (Number.isFinite(at) && Math.abs(at) < 8.64e15) return new Date(at).toISOString();
  throw new AppError("invalid", "WHEN_INVALID", `${flag} '${text}' is no time`, {
    hint: "write how long ago, as 30m, 12h or 7d, or an instant, as 2026-06-01T10:00:00Z",
  });
}

/** The filters that were given. */
export function givenFilters(flags: FilterFlags): FilterName[] {
  return (Object.keys(FLAGS) as FilterName[]).filter((name) => flags[name] !== undefined);
}

export function flagOf(name: FilterName): string {
  return FLAGS[name]().long ?? name;
}

function unsupported(kind: Kind, name: FilterName): AppError {
  const known = (Object.keys(kind.filters) as FilterName[]).map(flagOf);
  return new AppError("invalid", "FILTER_UNSUPPORTED", `${flagOf(name)} does not narrow ${kind.plural} down`, {
    hint: known.length === 0 ? `${kind.plural} have no filters` : `filters of ${kind.plural} are ${known.join(", ")}`,
  });
}
