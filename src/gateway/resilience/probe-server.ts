import { AppError, toAppError } from "../../core/app-error.ts";
import type { ServerHost } from "../server-host.ts";
import type { InitializeResult, UpstreamCall } from "../upstream/upstream.ts";
import { isServerFailure } from "./is-server-failure.ts";

type Asked = Pick<UpstreamCall, "era" | "method" | "paramsText">;

/** What has to be in `initialize` for the newer way of asking. */
const FIRST_MODERN = "2026-07-28";

/** What a server is asked, by what it said of itself: its tools, else whether it is there. */
export function probeOf({ capabilities, protocolVersion }: InitializeResult): Asked {
  if ("tools" in capabilities) return { era: "legacy", method: "tools/list", paramsText: "{}" };
  if (protocolVersion >= FIRST_MODERN) return { era: "modern", method: "server/discover", paramsText: "{}" };
  return { era: "legacy", method: "ping", paramsText: undefined };
}

/**
 * Asks a server whether it is well, as any call asks it. Resolves with why it is not; with undefined where it answers,
 * with an error too, or where that could not be found out. Never rejects. `stopping` ends it.
 */
export async function probeServer(
  { handle, upstream }: ServerHost,
  timeoutMs: number,
  stopping: AbortSignal,
): Promise<AppError | undefined> {
  const deadline = new AbortController();
  const seconds = Math.round(timeoutMs / 1000);
  const expire = () =>
    deadline.abort(new AppError("deadline", "PROBE_TIMEOUT", `Server ${handle} did not answer a probe within ${seconds} s`));
  const timer = setTimeout(expire, timeoutMs);
  try {
    const asked = probeOf(await upstream.ready());
    const answer = await upstream.request({
      ...asked,
      peer: undefined,
      idText: '"mcpctl-probe"',
      onNotification: undefined,
      onQuestion: undefined,
      signal: AbortSignal.any([deadline.signal, stopping]),
    });
    if (answer instanceof ReadableStream) await answer.cancel();
    return undefined;
  } catch (thrown) {
    const error = toAppError(thrown);
    return isServerFailure(error, true) ? error : undefined;
  } finally {
    clearTimeout(timer);
  }
}
