/** `mcp-agent`: the node daemon. */
import { runRole } from "./run-role.ts";

await runRole(async (io) => {
  const { createAgentProgram } = await import("../cli/mcp-agent-program.ts");
  const commands = async () => (await import("./agent-commands.ts")).agentCommands(io);
  return createAgentProgram({
    ...io,
    server: async (config) => (await import("./agent-server.ts")).serveAgent(config, io),
    snapshot: async (config) => (await commands()).snapshot(config),
    restore: async (config, snapshot) => (await commands()).restore(config, snapshot),
    doctor: async (config) => (await commands()).doctor(config),
    validateConfig: async (config) => (await commands()).validateConfig(config),
    makeCertificate: async (options) => (await commands()).makeCertificate(options),
    writeDescriptor: async (file) => (await commands()).writeDescriptor(file),
  });
});
