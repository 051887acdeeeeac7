import { type Command, Option } from "commander";
import type { McpTokenCreated } from "../../api/resources/mcp-token.ts";
import { formatBinding } from "../../core/permission.ts";
import { untilOf } from "../age.ts";
import { addApiCommand, collect } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { createResource } from "../kinds/kind-api.ts";
import { mcpTokenKind } from "../kinds/mcp-token-kind.ts";
import { parseTtl } from "../parse-ttl.ts";
import type { CliDeps } from "../ports.ts";
import { parseRoleBinding } from "../rbac-bindings.ts";
import { type IssuedOutput, issuedOutputOption, printIssued } from "./issued.ts";

interface Flags {
  readonly project: string;
  readonly rbac: "empty" | "clone";
  readonly bind?: readonly string[];
  readonly ttl: string;
  readonly description?: string;
  readonly force?: boolean;
  readonly output: IssuedOutput;
}

const EXAMPLES = [
  "mcpctl create mcptoken ci -p demo --bind role:run,resource:servers,name:content --ttl 30d",
  "mcpctl create mcptoken ci -p demo --rbac clone --force | grep mcpctl_pat_",
  "TOKEN=$(mcpctl create mcptoken ci -p demo --rbac clone)",
];

const NOTE = `The raw token is the only line on standard output, and is shown once. The token opens its project alone, and may do what
its bindings say within what its owner may do at that moment.`;

export function addCreateMcpToken(create: Command, deps: CliDeps): void {
  addApiCommand(create, "mcptoken", "issue a token for one project", EXAMPLES, NOTE)
    .alias("token")
    .argument("<name>", "its name in the project: 2-63 of a-z, 0-9 and '-'")
    .requiredOption("-p, --project <project>", "project that it opens")
    .addOption(
      new Option("--rbac <start>", "role bindings to start with: none, or what you may do now")
        .choices(["empty", "clone"])
        .default("empty"),
    )
    .option("--bind <binding>", "a role binding, as in 'create rbac --roleBindings'; may be repeated", collect)
    .option("--ttl <time>", "how long it lives: 30d, 12h, never, or an ISO 8601 date to live until", "never")
    .option("--description <text>", "one line for people")
    .option("--force", "revoke the active token of this name and issue a new one")
    .addOption(issuedOutputOption())
    .action(async (name: string, flags: Flags, self: Command) => {
      const { project, description, rbac, force } = flags;
      const roleBindings = (flags.bind ?? []).map(parseRoleBinding);
      const body = { name, project, description, rbac, roleBindings, expiresAt: parseTtl(flags.ttl, deps.now()), force };
      await withApi(deps, self, async ({ api }) => {
        const created = await createResource(api, mcpTokenKind, body);
        printIssued(deps, mcpTokenKind, created, flags.output, tokenNotes(created as unknown as McpTokenCreated, deps.now()));
      });
    });
}

/** What a token may do and how long. */
export function tokenNotes({ project, roleBindings, expiresAt }: McpTokenCreated, now: Date): readonly string[] {
  const may =
    roleBindings.length === 0 ? ["  nothing yet: it has no role bindings"] : roleBindings.map((each) => `  ${formatBinding(each)}`);
  const ends = expiresAt === null ? "It does not expire." : `It expires at ${expiresAt} (${untilOf(expiresAt, now)}).`;
  return [`In the project ${project} it may do, within what its owner may:`, ...may, ends];
}
