import type { Command } from "commander";
import { AppError } from "../../core/app-error.ts";
import { addApiCommand, collect } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { createResource, findResource } from "../kinds/kind-api.ts";
import { projectKind } from "../kinds/project-kind.ts";
import type { CliDeps } from "../ports.ts";
import { type CreateOutput, createOutputOption, printCreated } from "./print-created.ts";

interface Flags {
  readonly description?: string;
  readonly server?: readonly string[];
  readonly force?: boolean;
  readonly output: CreateOutput;
}

const EXAMPLES = [
  "mcpctl create project demo --server content --server files",
  "mcpctl create project demo --force    # no failure where it is there already",
];

export function addCreateProject(create: Command, deps: CliDeps): void {
  addApiCommand(create, "project", "create a project: a set of servers behind one endpoint", EXAMPLES)
    .argument("<name>", "its name: 2-63 of a-z, 0-9 and '-'")
    .option("--description <text>", "one line for people")
    .option("--server <server>", "a server that is in it; may be repeated", collect)
    .option("--force", "where it is there already, leave it as it is and succeed")
    .addOption(createOutputOption())
    .action(async (name: string, flags: Flags, self: Command) => {
      const { description, server: servers, force, output } = flags;
      await withApi(deps, self, async ({ api }) => {
        try {
          await printCreated(deps, projectKind, await createResource(api, projectKind, { name, description, servers }), output);
        } catch (thrown) {
          if (force !== true || !(thrown instanceof AppError) || thrown.code !== "conflict") throw thrown;
          const there = await findResource(api, projectKind, { name, project: undefined });
          if (there === undefined) throw thrown;
          await printCreated(deps, projectKind, there, output, "unchanged");
        }
      });
    });
}
