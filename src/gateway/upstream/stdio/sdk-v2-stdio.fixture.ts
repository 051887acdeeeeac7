/**
 * A server over standard streams made with the SDK of both eras, for tests. Arguments: `modern-only` refuses legacy clients;
 * `births=FILE` writes down each start.
 */
import { appendFileSync } from "node:fs";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { sdkV2Server } from "../sdk-v2-server.fixture.ts";

const words = process.argv.slice(2);
const births = words.find((word) => word.startsWith("births="))?.slice("births=".length);
if (births !== undefined) appendFileSync(births, `${process.pid}\n`);

serveStdio(
  () => {
    const server = sdkV2Server();
    server.registerTool("die", {}, () => process.exit(3));
    server.registerTool("update", {}, async () => {
      await server.server.sendResourceUpdated({ uri: "test://one" });
      server.sendToolListChanged();
      return { content: [] };
    });
    return server;
  },
  { legacy: words.includes("modern-only") ? "reject" : "serve" },
);
