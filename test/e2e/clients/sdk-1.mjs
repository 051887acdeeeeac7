/** A client made with @modelcontextprotocol/sdk 1.32: sdk-1.mjs URL, with the token in MCPCTL_TOKEN. Prints what it got as JSON. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { callDemo } from "./call-demo.mjs";

await callDemo(Client, StreamableHTTPClientTransport, {});
