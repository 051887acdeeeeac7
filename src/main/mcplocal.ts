/** `mcplocal`: the gateway. */
import { availableParallelism } from "node:os";
import { runRole } from "./run-role.ts";

await runRole(async (io) => {
  const { createGatewayProgram } = await import("../cli/mcplocal-program.ts");
  return createGatewayProgram({
    ...io,
    cores: availableParallelism(),
    serve: async (options) => (await import("./serve-gateway.ts")).serveGateway(options, io),
  });
});
