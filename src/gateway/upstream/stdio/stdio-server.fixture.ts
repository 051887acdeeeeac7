/**
 * An MCP server over standard streams, for tests: what it is called does to it what its name says.
 *
 * Arguments: `stubborn` ignores SIGTERM and the end of its input; `mute` never answers.
 */
import { appendFileSync } from "node:fs";

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>> & { readonly _meta?: { readonly progressToken?: unknown } };
}

const traits = new Set(process.argv.slice(2));
const seen: string[] = [];
const replies: Message[] = [];
const held = new Map<unknown, Message>();

function say(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

const answer = ({ id }: Message, result: unknown) => say({ id, result });
const progressOf = ({ params }: Message, progress: number) =>
  say({ method: "notifications/progress", params: { progressToken: params?._meta?.progressToken, progress } });

const ACTIONS: Readonly<Record<string, (message: Message) => void>> = {
  initialize: (message) =>
    answer(message, { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "fixture", pid: process.pid } }),
  echo: (message) => answer(message, message.params ?? null),
  /** Is answered when `release` names its key. */
  hold: (message) => held.set(message.params?.key, message),
  release: (message) => {
    const waiting = held.get(message.params?.key);
    if (waiting !== undefined) answer(waiting, { released: message.params?.key });
    answer(message, {});
  },
  progress: (message) => {
    for (const value of [1, 2]) progressOf(message, value);
    answer(message, {});
  },
  progressOfHeld: (message) => {
    const waiting = held.get(message.params?.key);
    if (waiting !== undefined) progressOf(waiting, 7);
    answer(message, {});
  },
  junk: (message) => {
    process.stdout.write(
      'Listening on nothing\n\n[1,2\nnull\n7\n{"jsonrpc":"2.0"}\n{"id":1}\r\n{"jsonrpc":"2.0","id":99999,"result":{}}\n',
    );
    answer(message, {});
  },
  flood: (message) => process.stdout.write("x".repeat(Number(message.params?.bytes))),
  die: ({ params }) => {
    process.stderr.write(`going down\n${String(params?.word)}`);
    process.exit(Number(params?.code));
  },
  environment: (message) => answer(message, process.env),
  seen: (message) => answer(message, seen),
  ask: (message) => {
    say({ id: "p", method: "ping" });
    say({ id: 2, method: "sampling/createMessage", params: {} });
    held.set("asked", message);
  },
  breed: (message) => {
    const child = Bun.spawn(["sleep", "1000"], { stdin: "ignore", stdout: "inherit", stderr: "inherit" });
    child.unref();
    answer(message, { pid: child.pid });
  },
  changed: (message) => {
    say({ method: "notifications/tools/list_changed" });
    answer(message, {});
  },
  noResult: ({ id }) => say({ id }),
  "tools/list": (message) => answer(message, { tools: Object.keys(ACTIONS).map((name) => ({ name, inputSchema: { type: "object" } })) }),
  "tools/call": ({ id, params }) => {
    const { name, arguments: args, _meta } = params as { name: string; arguments?: object; _meta?: object };
    ACTIONS[name]?.({ ...(id === undefined ? {} : { id }), params: { ...args, ...(_meta === undefined ? {} : { _meta }) } });
  },
};

function take(line: string): void {
  seen.push(line);
  const message = JSON.parse(line) as Message;
  if (traits.has("mute")) return;
  if (message.method === undefined) {
    replies.push(message);
    const asked = held.get("asked");
    if (replies.length === 2 && asked !== undefined) answer(asked, replies);
  } else ACTIONS[message.method]?.(message);
}

if (traits.has("stubborn")) {
  process.on("SIGTERM", () => {});
  setInterval(() => {}, 1000);
}
const born = process.argv.find((word) => word.startsWith("births="))?.slice("births=".length);
if (born !== undefined) appendFileSync(born, `${process.pid}\n`);

let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk: string) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) take(line);
});
