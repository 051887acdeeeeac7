import type { Command } from "commander";
import type { Subject } from "../../api/resources/rbac-definition.ts";
import { AppError } from "../../core/app-error.ts";
import { hintForAbsentFlag } from "../absent-flags.ts";
import { addApiCommand, collect } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { createResource } from "../kinds/kind-api.ts";
import { rbacKind } from "../kinds/rbac-kind.ts";
import type { CliDeps } from "../ports.ts";
import { parseRoleBinding } from "../rbac-bindings.ts";
import { type CreateOutput, createOutputOption, printCreated } from "./print-created.ts";

interface Flags {
  readonly subject?: readonly string[];
  readonly roleBindings?: readonly string[];
  readonly output: CreateOutput;
}

const EXAMPLES = [
  "mcpctl create rbac developers --subject User:jo@example.org --roleBindings role:edit,resource:servers",
  "mcpctl create rbac ha --subject Group:home --roleBindings role:view,resource:servers,name:my-ha --roleBindings action:logs",
];

const NOTE = `A binding is role:ROLE,resource:RESOURCE[,name:NAME] or action:ACTION. Nobody hands out rights they do not hold:
'mcpctl auth can-i' says what they are.`;

export function addCreateRbac(create: Command, deps: CliDeps): void {
  const command = addApiCommand(create, "rbac", "give users, groups or tokens role bindings", EXAMPLES, NOTE)
    .argument("<name>", "name of the definition: 2-63 of a-z, 0-9 and '-'")
    .option("--subject <subject>", "User:NAME, User:EMAIL, Group:NAME or McpToken:SHA; may be repeated", collect)
    .option("--roleBindings <binding>", "what they get; may be repeated", collect)
    .addOption(createOutputOption())
    .action(async (name: string, flags: Flags, self: Command) => {
      // Not mandatory to commander: it would complain of these before it looks at a flag that it does not know.
      if (flags.subject === undefined) self.error("error: required option '--subject <subject>' not specified");
      if (flags.roleBindings === undefined) self.error("error: required option '--roleBindings <binding>' not specified");
      const subjects = flags.subject.map(parseSubject);
      const roleBindings = flags.roleBindings.map(parseRoleBinding);
      await withApi(deps, self, async ({ api }) =>
        printCreated(deps, rbacKind, await createResource(api, rbacKind, { name, subjects, roleBindings }), flags.output),
      );
    });
  hintForAbsentFlag(command, "--binding", "write --roleBindings role:edit,resource:servers for what was --binding edit:servers");
  hintForAbsentFlag(command, "--operation", "write --roleBindings action:logs for what was --operation logs");
}

/** `User:jo`; its name is mcpd's to judge. Throws `invalid`/`SUBJECT_TEXT_INVALID`. */
export function parseSubject(text: string): Subject {
  const [, kind, name] = /^(User|Group|McpToken):(\S+)$/.exec(text.trim()) ?? [];
  if (name !== undefined) return { kind: kind as Subject["kind"], name };
  throw new AppError("invalid", "SUBJECT_TEXT_INVALID", `'${text}' is no subject`, {
    hint: "write User:NAME, User:EMAIL, Group:NAME or McpToken:SHA",
  });
}
