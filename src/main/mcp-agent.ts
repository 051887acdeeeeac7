/** `mcp-agent`: the node daemon. */
import { runRole } from "./run-role.ts";

await runRole(async (io) => {
  const { createAgentProgram } = await import("../cli/mcp-agent-program.ts");
  return createAgentProgram(io);
});
