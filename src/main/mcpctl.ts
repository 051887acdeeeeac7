/** `mcpctl`: the command line. */
import type { CliDeps } from "../cli/ports.ts";
import { runRole } from "./run-role.ts";

await runRole(async (io) => {
  if (process.argv[2] === "up") {
    const { createUpProgram } = await import("../cli/up-program.ts");
    return createUpProgram({ ...io, up: async (options) => (await import("./up.ts")).up(options, io) });
  }
  const [{ createProgram }, { processTerminal }, { localInstance }, { agentTokens }] = await Promise.all([
    import("../cli/program.ts"),
    import("./terminal.ts"),
    import("./local-instance.ts"),
    import("./agent-tokens.ts"),
  ]);
  const deps: CliDeps = {
    ...io,
    ...processTerminal(io.env),
    now: () => new Date(),
    agentTokens,
    buildNpmImage: async (options) => (await import("./build-npm-image.ts")).buildImageOfPackage(options),
    openEngine: async () => (await import("./open-engine.ts")).openEngine(io.env),
    localInstance: () => localInstance(io.env),
    up: async (options) => (await import("./up.ts")).up(options, io),
  };
  return createProgram(deps, process.argv[2]);
});
