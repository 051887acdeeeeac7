import type { Command } from "commander";
import { userRoleSchema } from "../../api/resources/user.ts";
import { AppError } from "../../core/app-error.ts";
import { nearest } from "../../core/nearest.ts";
import { refusePasswordFlag } from "../absent-flags.ts";
import { addApiCommand, collect } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { createResource } from "../kinds/kind-api.ts";
import { userKind } from "../kinds/user-kind.ts";
import type { CliDeps } from "../ports.ts";
import { readSecretLine } from "../read-text.ts";
import { type CreateOutput, createOutputOption, printCreated } from "./print-created.ts";

interface Flags {
  readonly passwordStdin?: boolean;
  readonly email?: string;
  readonly role?: readonly string[];
  readonly disabled?: boolean;
  readonly output: CreateOutput;
}

const ROLES: readonly string[] = userRoleSchema.options;

const EXAMPLES = [
  "pass show mcpctl/jo | mcpctl create user jo --email jo@example.org --role view --password-stdin",
  "mcpctl create user ci-owner    # without a password nobody can log in as it",
];

export function addCreateUser(create: Command, deps: CliDeps): void {
  const command = addApiCommand(create, "user", "create a user", EXAMPLES)
    .argument("<name>", "user name: 1-63 of a-z, 0-9, '.', '_' and '-'")
    .option("--password-stdin", "read the password from standard input; without it the user has none")
    .option("--email <email>", "email address")
    .option("--role <role>", `role on everything: ${ROLES.join(", ")}; may be repeated`, collect)
    .option("--disabled", "nobody can log in as this user")
    .addOption(createOutputOption())
    .action(async (username: string, flags: Flags, self: Command) => {
      const { email, role: roles, output } = flags;
      for (const role of roles ?? []) requireRole(role);
      const password = flags.passwordStdin === true ? await readSecretLine(deps, "--password-stdin") : undefined;
      const body = { username, email, roles, password, disabled: flags.disabled };
      await withApi(deps, self, async ({ api }) => printCreated(deps, userKind, await createResource(api, userKind, body), output));
    });
  refusePasswordFlag(command);
}

function requireRole(role: string): void {
  if (ROLES.includes(role)) return;
  const [near] = nearest(role, ROLES);
  const known = `roles are ${ROLES.join(", ")}`;
  throw new AppError("invalid", "ROLE_UNKNOWN", `There is no role '${role}'`, {
    hint: near === undefined ? known : `did you mean ${near}? ${known}`,
  });
}
