/** `mcplocal`: the gateway. */
import { availableParallelism } from "node:os";
import { runRole } from "./run-role.ts";

await runRole(async (io) => {
  const { createGatewayProgram } = await import("../cli/mcplocal-program.ts");
  const { localInstance } = await import("./local-instance.ts");
  return createGatewayProgram({
    ...io,
    cores: availableParallelism(),
    serve: async (options) => (await import("./serve-gateway.ts")).serveGateway(options, io),
    bridge: async (options) => (await import("./bridge-stdio.ts")).bridgeStdio(options, io),
    serveBridge: async (options) => (await import("./serve-bridge.ts")).serveBridge(options, io),
    localInstance: () => localInstance(io.env),
  });
});
