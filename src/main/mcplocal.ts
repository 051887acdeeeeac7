/** `mcplocal`: the gateway. */
import { runRole } from "./run-role.ts";

await runRole(async (io) => {
  const { createGatewayProgram } = await import("../cli/mcplocal-program.ts");
  return createGatewayProgram({ ...io, serve: async (options) => (await import("./serve-gateway.ts")).serveGateway(options, io) });
});
