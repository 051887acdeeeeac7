/** What a dispatch came to. */
export interface Dispatched {
  readonly status: number;
  readonly traceId: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: a body is looked at by what a test expects of it.
  readonly json: any;
}

export interface DispatchCall {
  readonly url: string;
  readonly token: string;
  readonly key: string;
  readonly tool: string;
  readonly args?: object;
}

/** Dispatches a tools/call. Rejects where the connection breaks. */
export async function dispatchCall({ url, token, key, tool, args = {} }: DispatchCall): Promise<Dispatched> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": key };
  const body = JSON.stringify({ method: "tools/call", params: { name: tool, arguments: args } });
  const response = await fetch(url, { method: "POST", headers, body });
  return { status: response.status, traceId: response.headers.get("x-trace-id"), json: await response.json() };
}
