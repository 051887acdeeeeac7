import type { Command } from "commander";
import { addApiCommand, collect } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { groupKind } from "../kinds/group-kind.ts";
import { createResource } from "../kinds/kind-api.ts";
import type { CliDeps } from "../ports.ts";
import { type CreateOutput, createOutputOption, printCreated } from "./print-created.ts";

interface Flags {
  readonly member?: readonly string[];
  readonly description?: string;
  readonly output: CreateOutput;
}

const EXAMPLES = ["mcpctl create group developers --member jo --member ada"];

export function addCreateGroup(create: Command, deps: CliDeps): void {
  addApiCommand(create, "group", "create a group of users", EXAMPLES)
    .argument("<name>", "its name: 2-63 of a-z, 0-9 and '-'")
    .option("--member <user>", "a user who is in it; may be repeated", collect)
    .option("--description <text>", "one line for people")
    .addOption(createOutputOption())
    .action(async (name: string, { member: members, description, output }: Flags, self: Command) => {
      await withApi(deps, self, async ({ api }) =>
        printCreated(deps, groupKind, await createResource(api, groupKind, { name, members, description }), output),
      );
    });
}
