import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Revision } from "../suite/revision.ts";

const CAPABILITIES = { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: { listChanged: true } };

/** A client of the SDK that speaks this revision and no other, says yes to every form and leaves it empty. */
export async function connectClient(url: string, revision: Revision, authorization: string): Promise<Client> {
  const mode = revision === "2026-07-28" ? ({ pin: revision } as const) : "legacy";
  const client = new Client({ name: "mcpctl-conformance", version: "1.0.0" }, { capabilities: CAPABILITIES, versionNegotiation: { mode } });
  client.setRequestHandler("elicitation/create", ({ params }) => ({
    action: "accept",
    // The SDK fills in what has a default.
    content: params.mode === "url" || params.requestedSchema.properties.confirmed === undefined ? {} : { confirmed: true },
  }));
  client.setRequestHandler("sampling/createMessage", () => ({ role: "assistant", content: { type: "text", text: "Yes" }, model: "none" }));
  client.setRequestHandler("roots/list", () => ({ roots: [] }));
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization } } }));
  return client;
}
