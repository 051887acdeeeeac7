import type { Command } from "commander";
import { ENDPOINTS } from "../api/endpoints/endpoints.ts";
import { addApiCommand, addCommandGroup } from "./api-command.ts";
import { withApi } from "./config/connect.ts";
import type { CliDeps } from "./ports.ts";

/** `project attach|detach P S`. */
export function addProjectCommand(program: Command, deps: CliDeps): void {
  const group = addCommandGroup(program, "project", "change which servers a project has");
  const steps = [
    { verb: "attach", endpoint: ENDPOINTS.projects.attach, description: "make a server a project's last one", done: "attached to" },
    { verb: "detach", endpoint: ENDPOINTS.projects.detach, description: "take a server out of a project", done: "detached from" },
  ] as const;
  for (const { verb, endpoint, description, done } of steps) {
    addApiCommand(group, verb, description, [`mcpctl project ${verb} demo content`])
      .argument("<project>", "project")
      .argument("<server>", "server")
      .action(async (project: string, server: string, _flags: object, self: Command) => {
        await withApi(deps, self, async ({ api }) => {
          await api.call(endpoint, { params: { project, server } });
          deps.stdout(`server/${server} ${done} project/${project}\n`);
        });
      });
  }
}
