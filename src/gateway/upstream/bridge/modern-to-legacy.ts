import { isJsonObject } from "../../../mcp/client/json-object.ts";
import { MISSING_CLIENT_CAPABILITY } from "../../../mcp/eras/2026-07-28/error-codes.ts";
import { errorMessage, INVALID_PARAMS, METHOD_NOT_FOUND, resultMessage } from "../../../mcp/json-rpc.ts";
import { isLogLevel, type LogLevel, reaches } from "../../../mcp/log-level.ts";
import type { LegacyCall } from "../legacy-call.ts";
import { mayAsk } from "../may-ask.ts";
import type { InitializeResult, UpstreamAnswer, UpstreamCall } from "../upstream.ts";
import { legacyParams } from "./legacy-params.ts";
import { discoverResult, modernAnswer, urlElicitations } from "./modern-answer.ts";

type Ask = (call: LegacyCall) => Promise<UpstreamAnswer>;

/** Methods that a legacy server has and the modern revision has not: they would change what other callers share with this one. */
const NOT_MODERN = new Set([
  "initialize",
  "ping",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
  "subscriptions/listen",
]);

/** How often a call is sent again after a client was sent to a browser. */
const MAX_URL_ROUNDS = 3;

/**
 * A call of the modern era at a legacy server, in a session of its peer. Questions go to the caller; the answer says what
 * modern ones say. `ask` carries a legacy call.
 */
export async function modernToLegacy(call: UpstreamCall, initialized: InitializeResult, ask: Ask): Promise<UpstreamAnswer> {
  const { idText, method } = call;
  if (method === "server/discover") return resultMessage(idText, discoverResult(initialized));
  if (NOT_MODERN.has(method)) return errorMessage(idText, { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` });
  const { paramsText, logLevel } = legacyParams(call.paramsText);
  if (logLevel !== undefined && !isLogLevel(logLevel)) return errorMessage(idText, { code: INVALID_PARAMS, message: "Unknown log level" });
  const onNotification = call.onNotification && ((text: string) => passNotice(text, logLevel, call.onNotification));
  const legacy: LegacyCall = { ...call, era: "legacy", paramsText, logLevel, onNotification, whole: true };
  return modernAnswer(method, await askAfterUrls(legacy, ask));
}

/** The answer, for which a client may first have to open something in a browser (2025-11-25, "URL elicitation required"). */
async function askAfterUrls(call: LegacyCall, ask: Ask): Promise<string> {
  for (let round = 0; ; round += 1) {
    const answer = await ask(call);
    const text = typeof answer === "string" ? answer : await new Response(answer).text();
    const urls = urlElicitations(text);
    if (urls === undefined) return text;
    const opened = round < MAX_URL_ROUNDS && (await openUrls(call, urls));
    if (!opened) return errorMessage(call.idText, NEEDS_URLS);
  }
}

/** The code of the legacy revision must not be sent in this one; what it means is that the client cannot do this. */
const NEEDS_URLS = {
  code: MISSING_CLIENT_CAPABILITY,
  message: "The server wants something opened in a browser first",
  data: { requiredCapabilities: { elicitation: { url: {} } } },
};

async function openUrls({ peer, onQuestion, signal }: LegacyCall, urls: readonly string[]): Promise<boolean> {
  const elicitation = peer?.capabilities.elicitation;
  const takesUrls = isJsonObject(elicitation) && elicitation.url !== undefined;
  if (onQuestion === undefined || !takesUrls || urls.length === 0 || !mayAsk(peer?.capabilities ?? {}, "elicitation/create")) return false;
  const replies = await Promise.all(urls.map((paramsText) => onQuestion({ method: "elicitation/create", paramsText, signal })));
  return replies.every((reply) => "resultText" in reply && (JSON.parse(reply.resultText) as { action?: unknown }).action === "accept");
}

/** Modern callers hear of progress, and of the log where they have asked for it. */
function passNotice(text: string, least: LogLevel | undefined, onNotification: UpstreamCall["onNotification"]): void {
  const { method, params } = JSON.parse(text) as { method?: unknown; params?: { level?: unknown } };
  const isWanted = method === "notifications/message" && least !== undefined && reaches(params?.level, least);
  if (method === "notifications/progress" || isWanted) onNotification?.(text);
}
