/** A server over standard streams made with the SDK of the legacy revisions, for tests. */
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { sdkV1Server } from "../sdk-v1-server.fixture.ts";

const { server } = sdkV1Server();
await server.connect(new StdioServerTransport());
// The transport itself lives on.
process.stdin.on("end", () => process.exit(0));
