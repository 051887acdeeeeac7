/** The official client 2.4 in auto mode, which starts its server: stdio-2.mjs MCPLOCAL URL. */
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { callDemoOverStdio } from "./call-demo-stdio.mjs";

await callDemoOverStdio(Client, StdioClientTransport, { versionNegotiation: { mode: "auto" } });
