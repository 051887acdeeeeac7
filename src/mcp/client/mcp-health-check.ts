import { parseEndpointUrl } from "./endpoint-url.ts";
import { failedReply } from "./failed-reply.ts";
import type { FetchLike } from "./fetch-like.ts";
import { networkFailure } from "./network-failure.ts";
import { withDeadline } from "./with-deadline.ts";

export type HealthVerdict =
  | { readonly healthy: true; readonly status: number }
  | { readonly healthy: false; readonly status?: number; readonly reason: string };

/** Asks `GET {base}/healthz`; 2xx is healthy. `timeoutMs` defaults to 5,000. A failure is a verdict, not a throw. */
export async function mcpHealthCheck(
  base: string,
  options: { readonly timeoutMs?: number; readonly fetch?: FetchLike; readonly signal?: AbortSignal } = {},
): Promise<HealthVerdict> {
  const url = `${parseEndpointUrl(base).href.replace(/\/+$/, "")}/healthz`;
  const ask: FetchLike = options.fetch ?? fetch;
  const deadline = { what: `GET ${url}`, timeoutMs: options.timeoutMs ?? 5_000, signals: [options.signal] };
  try {
    return await withDeadline(deadline, async (signal) => {
      const response = await ask(url, { redirect: "manual", signal });
      if (response.ok) return { healthy: true, status: response.status };
      return { healthy: false, status: response.status, reason: (await failedReply(response)).message };
    });
  } catch (error) {
    return { healthy: false, reason: networkFailure(error, url).message };
  }
}
