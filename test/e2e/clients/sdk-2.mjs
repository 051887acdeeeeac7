/** The official client 2.4 in auto mode: sdk-2.mjs URL, with the token in MCPCTL_TOKEN. Prints what it got as JSON. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { callDemo } from "./call-demo.mjs";

await callDemo(Client, StreamableHTTPClientTransport, { versionNegotiation: { mode: "auto" } });
