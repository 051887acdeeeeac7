/**
 * A server over standard streams that speaks the eras that it is told to, for tests: `legacy`, `modern`, or both words.
 * `exits` ends it on a method that it does not know, `silent` leaves such a method without an answer, and `births=FILE`
 * writes down each start.
 */
import { appendFileSync } from "node:fs";

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>> & { readonly _meta?: Readonly<Record<string, unknown>>; readonly name?: unknown };
}

const words = process.argv.slice(2);
const speaks = (era: string) => words.includes(era);
const births = words.find((word) => word.startsWith("births="))?.slice("births=".length);
if (births !== undefined) appendFileSync(births, `${process.pid}\n`);

const KEY = "io.modelcontextprotocol/";
const CAPABILITIES = { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} };
const seen: string[] = [];
const subscriptions = new Map<string | number, readonly string[]>();

const say = (message: object) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const tell = (method: string, params: object) => say({ method, params });

function callTool(name: unknown, { id, params }: Message): void {
  const isModern = params?._meta?.[`${KEY}protocolVersion`] !== undefined;
  const answer = (value: unknown) =>
    say({ id, result: { ...(isModern ? { resultType: "complete" } : {}), content: [{ type: "text", text: JSON.stringify(value) }] } });
  if (name === "die") process.exit(3);
  if (name === "wait") return;
  if (name === "log") tell("notifications/message", { level: "error", data: "logged" });
  if (name === "update")
    for (const [of, uris] of subscriptions) for (const uri of uris) tell("notifications/resources/updated", tagged(of, { uri }));
  if (name === "change") for (const of of subscriptions.keys()) tell("notifications/tools/list_changed", tagged(of, {}));
  if (name === "end-subscriptions") for (const of of subscriptions.keys()) tell("notifications/cancelled", { requestId: of });
  if (name === "elicit" && params?.inputResponses === undefined) {
    const who = { method: "elicitation/create", params: { message: "who?", requestedSchema: {} } };
    say({ id, result: { resultType: "input_required", inputRequests: { who }, requestState: "s1" } });
    return;
  }
  answer({ pid: process.pid, params, seen: name === "seen" ? seen : [] });
}

const tagged = (subscription: string | number, params: object) => ({ ...params, _meta: { [`${KEY}subscriptionId`]: subscription } });

function listen({ id = "", params }: Message): void {
  const notifications = params?.notifications as { resourceSubscriptions?: readonly string[] };
  subscriptions.set(id, notifications.resourceSubscriptions ?? []);
  tell("notifications/subscriptions/acknowledged", tagged(id, { notifications }));
}

function take(line: string): void {
  seen.push(line);
  const message = JSON.parse(line) as Message;
  const { id, method, params } = message;
  const serverInfo = { name: "eras", pid: process.pid };
  if (id === undefined) return;
  if (method === "initialize" && speaks("legacy")) {
    say({ id, result: { protocolVersion: "2025-11-25", capabilities: CAPABILITIES, serverInfo } });
  } else if (method === "server/discover" && speaks("modern")) {
    const _meta = { [`${KEY}serverInfo`]: serverInfo };
    say({
      id,
      result: {
        resultType: "complete",
        supportedVersions: ["2026-07-28"],
        capabilities: CAPABILITIES,
        ttlMs: 0,
        cacheScope: "public",
        _meta,
      },
    });
  } else if (method === "tools/call") callTool(params?.name, message);
  else if (method === "subscriptions/listen" && speaks("modern")) listen(message);
  else if (speaks("exits")) process.exit(7);
  else if (!speaks("silent"))
    say({ id, error: method === "initialize" ? { code: -32022, message: "no" } : { code: -32601, message: "unknown" } });
}

let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk: string) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) take(line);
});
process.stdin.on("end", () => process.exit(0));
