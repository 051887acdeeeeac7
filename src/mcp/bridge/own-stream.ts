import { waitOrAbort } from "../../core/cancelable-wait.ts";
import { McpTransportError } from "../client/mcp-transport-error.ts";
import type { LaneDeps } from "./lane-deps.ts";
import { isEventStream, noMark, readEvents, readReply, type StreamMark } from "./read-reply.ts";
import { resumeHeaders, returnDelayMs } from "./stream-return.ts";

/** How one try to read the stream ended. */
type Try = "spoke" | "silent" | "broke" | "none" | "not found";

/**
 * Reads a session's own stream again and again: servers end one now and then. Resolves where there is none to read, where
 * the session is over, and when the signal is aborted. Throws McpTransportError where the credential is refused.
 */
export async function readOwnStream(
  deps: LaneDeps,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<"none" | "session over" | "aborted"> {
  const mark = noMark();
  let hadOne = false;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const outcome = await readOnce(deps, headers, mark, signal);
    // A server without a stream may say 404 too; one that had a stream means the session.
    if (outcome === "not found") return hadOne ? "session over" : "none";
    if (outcome === "none") return "none";
    hadOne ||= outcome !== "broke";
    // A stream that ends before it says anything is come back to ever more slowly.
    if (outcome === "spoke") attempt = 1;
    await waitOrAbort(returnDelayMs(mark, deps.limits.reconnect, attempt, Math.random()), signal);
  }
  return "aborted";
}

async function readOnce(deps: LaneDeps, headers: Readonly<Record<string, string>>, mark: StreamMark, signal: AbortSignal): Promise<Try> {
  let spoke = false;
  const request = { method: "GET", headers: { ...headers, ...resumeHeaders(mark), accept: "text/event-stream" } } as const;
  try {
    return await deps.endpoint.send(request, signal, async (response, alive) => {
      const reading = {
        maxMessageBytes: deps.limits.maxMessageBytes,
        mark,
        alive: () => {
          spoke = true;
          alive();
        },
        take: async (text: string) => {
          await deps.deliver(text);
          return false;
        },
      };
      if (response.status === 401) await readReply(response, reading);
      const refused = refusalOf(response);
      if (refused !== undefined) return refused;
      await readEvents(response, reading);
      return spoke ? "spoke" : "silent";
    });
  } catch (thrown) {
    if (thrown instanceof McpTransportError && thrown.status === 401) throw thrown;
    return spoke ? "spoke" : "broke";
  }
}

/** Undefined where there is a stream to read. */
function refusalOf(response: Response): Try | undefined {
  const { status } = response;
  if (status === 404) return "not found";
  if (status >= 500 || status === 408 || status === 429) return "broke";
  return isEventStream(response) ? undefined : "none";
}
