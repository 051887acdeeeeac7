import type { Command } from "commander";
import { addCommandGroup } from "../api-command.ts";
import type { CliDeps } from "../ports.ts";
import { addCreateGateway } from "./create-gateway.ts";
import { addCreateGroup } from "./create-group.ts";
import { addCreateMcpToken } from "./create-mcp-token.ts";
import { addCreateNode } from "./create-node.ts";
import { addCreateProject } from "./create-project.ts";
import { addCreatePrompt } from "./create-prompt.ts";
import { addCreateRbac } from "./create-rbac.ts";
import { addCreateSecret } from "./create-secret.ts";
import { addCreateServer } from "./create-server.ts";
import { addCreateUser } from "./create-user.ts";

/** `create KIND NAME`: one resource from flags. */
export function addCreateCommand(program: Command, deps: CliDeps): void {
  const create = addCommandGroup(program, "create", "create a resource");
  addCreateProject(create, deps);
  addCreateServer(create, deps);
  addCreateUser(create, deps);
  addCreateGroup(create, deps);
  addCreateSecret(create, deps);
  addCreateNode(create, deps);
  addCreatePrompt(create, deps);
  addCreateRbac(create, deps);
  addCreateMcpToken(create, deps);
  addCreateGateway(create, deps);
}
