/** `mcpctl`: the command line. */
import { runRole } from "./run-role.ts";

await runRole(async (io) => {
  const { createProgram } = await import("../cli/program.ts");
  return createProgram({ ...io, up: async (options) => (await import("./up.ts")).up(options, io) });
});
