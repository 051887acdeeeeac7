import { join } from "node:path";
import { ROOT } from "../../e2e/support/up-process.ts";
import { waitUntil } from "../../e2e/support/wait-until.ts";
import type { ExoticServer } from "./start-exotic-server.ts";

export const EVERYTHING = join(ROOT, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");

/** The reference server with sessions and streams, on a free port of loopback. */
export async function startEverything(): Promise<ExoticServer> {
  const preload = join(import.meta.dirname, "listen-on-loopback.ts");
  const child = Bun.spawn([process.execPath, "--preload", preload, EVERYTHING, "streamableHttp"], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  let said = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) said += decoder.decode(chunk, { stream: true });
  })();
  const port = await waitUntil("server-everything listens", () => {
    if (child.exitCode !== null) throw new Error(`server-everything ended: ${said}`);
    return /^listening on loopback (\d+)$/m.exec(said)?.[1];
  });
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async stop() {
      child.kill("SIGKILL");
      await child.exited;
      await reading;
    },
  };
}
