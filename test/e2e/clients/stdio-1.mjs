/** A client made with @modelcontextprotocol/sdk 1.32 that starts its server: stdio-1.mjs MCPLOCAL URL. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { callDemoOverStdio } from "./call-demo-stdio.mjs";

await callDemoOverStdio(Client, StdioClientTransport, {});
