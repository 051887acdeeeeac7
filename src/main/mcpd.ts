/** `mcpd`: the control plane. */
import { runRole } from "./run-role.ts";

await runRole(async (io) => {
  const { createMcpdProgram } = await import("../cli/mcpd-program.ts");
  return createMcpdProgram({
    ...io,
    serve: async (options) => (await import("./mcpd-serve.ts")).serveControlPlane(options, io),
    worker: async (options) => (await import("./mcpd-worker.ts")).runWorker(options, io),
    syncWorkers: async (options) => (await import("./emcp.ts")).syncInstanceWorkers(options, io),
    resetPassword: async (options) => (await import("./reset-password.ts")).resetPassword(options, io),
    listServers: async (options) => (await import("./emcp.ts")).listServers(options, io),
    testServers: async (options) => (await import("./emcp.ts")).testServers(options, io),
  });
});
