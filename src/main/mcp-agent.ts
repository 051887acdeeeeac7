/** `mcp-agent`: the node daemon. */
import { runRole } from "./run-role.ts";

await runRole(async (io) => {
  const { createRoleProgram } = await import("../cli/role-program.ts");
  return createRoleProgram("mcp-agent", io);
});
