import { networkFailure } from "../../../mcp/client/network-failure.ts";
import type { Answer } from "../probe-ports.ts";
import { directFetch } from "./direct-fetch.ts";

/** `GET` with nothing read but the status: below 400 is good, a redirect too, which is not followed. */
export async function askHttp(url: string, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await directFetch(url, { headers: { "user-agent": "mcp-agent" }, signal });
    await response.body?.cancel();
    const said = `HTTP ${response.status} to GET ${new URL(url).pathname}`;
    return response.status < 400 ? { ok: true, detail: said } : { ok: false, reason: said };
  } catch (thrown) {
    signal.throwIfAborted();
    return { ok: false, reason: networkFailure(thrown, url).message };
  }
}
