/** A JSON-RPC request as test servers read it. */
export interface Request {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly arguments?: { readonly text?: string } };
}

/** What a test server with the one tool `say` answers, by method. */
export const METHODS: Readonly<Record<string, (params: Request["params"]) => unknown>> = {
  initialize: () => ({ protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "test", version: "1" } }),
  "tools/list": () => ({ tools: [{ name: "say", inputSchema: { type: "object", properties: { text: { type: "string" } } } }] }),
  "tools/call": (params) => ({ content: [{ type: "text", text: params?.arguments?.text ?? "" }] }),
};
