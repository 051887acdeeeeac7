import { AppError } from "../../../core/app-error.ts";
import { oneLine } from "../../../core/one-line.ts";
import { isJsonObject } from "../../../mcp/client/json-object.ts";
import { upstreamLost, upstreamUnavailable } from "../upstream-errors.ts";

/**
 * What an agent means where it does not pass a call on to the component, in its own words; undefined for what the component
 * itself may have said. But for a call that broke off at the component nothing was sent to it.
 */
export function agentRefusal(handle: string): (status: number, text: string) => AppError | undefined {
  return (status, text) => {
    const refused = refusalIn(text);
    if (refused === undefined || status < 400 || status === 413) return undefined;
    const { reason, message } = refused;
    const why = `its agent says: ${oneLine(message)}`;
    if (reason === "COMPONENT_LOST") return upstreamLost(handle, why);
    if (status === 429) return new AppError("exhausted", "UPSTREAM_BUSY", `Server ${handle} takes no more calls: ${why}`, COME_AGAIN);
    return status === 500 ? upstreamLost(handle, why) : upstreamUnavailable(handle, why);
  };
}

const COME_AGAIN = { retryAfterSeconds: 1 };

/** Of an agent's errors the code is a word, of those of JSON-RPC a number. */
function refusalIn(text: string): { readonly reason: string; readonly message: string } | undefined {
  try {
    const said: unknown = JSON.parse(text);
    if (!isJsonObject(said) || !isJsonObject(said.error)) return undefined;
    const { code, reason, message } = said.error;
    return typeof code === "string" && typeof reason === "string" && typeof message === "string" ? { reason, message } : undefined;
  } catch {
    return undefined;
  }
}
