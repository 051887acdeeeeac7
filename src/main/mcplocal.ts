/** `mcplocal`: the gateway. */
import { runRole } from "./run-role.ts";

await runRole(async (io) => {
  const { createRoleProgram } = await import("../cli/role-program.ts");
  return createRoleProgram("mcplocal", io);
});
