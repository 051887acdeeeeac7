/** A legacy server over standard streams for one client, for tests: its tools ask, log and tell, as their names say. */
interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
}

type Tool = (args: Readonly<Record<string, unknown>>, id: unknown) => unknown;

const ELICIT = { message: "who?", requestedSchema: { type: "object", properties: {} } };
const notified: string[] = [];
const subscribed = new Set<string>();
const waiting = new Map<unknown, (reply: Message) => void>();
let client: Readonly<Record<string, unknown>> = {};
let level: unknown;
let asked = 0;

const say = (message: object) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const tell = (method: string, params: object) => say({ method, params });
const log = (wanted: string, data: unknown) => tell("notifications/message", { level: wanted, data });

function ask(method: string, params: object): Promise<unknown> {
  asked += 1;
  const id = `q${asked}`;
  say({ id, method, params });
  return new Promise((resolve, reject) => {
    waiting.set(id, ({ result, error }) => (error === undefined ? resolve(result) : reject(new Error(JSON.stringify(error)))));
  });
}

const TOOLS: Readonly<Record<string, Tool>> = {
  client: () => ({ is: client.clientInfo, offers: client.capabilities }),
  pid: () => process.pid,
  notified: () => notified,
  die: () => process.exit(3),
  elicit: () => ask("elicitation/create", ELICIT),
  sample: () => ask("sampling/createMessage", {}),
  wait: () => new Promise(() => {}),
  "give-up": () => {
    void ask("elicitation/create", ELICIT).catch(() => {});
    tell("notifications/cancelled", { requestId: `q${asked}` });
    return "given up";
  },
  log: ({ words }) => {
    for (const wanted of level === "debug" ? ["debug", "warning"] : ["warning"]) for (const data of words as string[]) log(wanted, data);
    return "logged";
  },
  later: ({ what }) => {
    setImmediate(() => {
      if (what === "log") log("error", "later");
      if (what === "update") for (const uri of subscribed) tell("notifications/resources/updated", { uri });
      if (what === "ask")
        void ask("elicitation/create", ELICIT).then((reply) => notified.push(`reply ${(reply as { action: string }).action}`));
    });
    return "soon";
  },
};

const METHODS: Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => unknown>> = {
  initialize: (params) => {
    client = params;
    const capabilities = { tools: {}, logging: {}, resources: { subscribe: true } };
    return { protocolVersion: "2025-11-25", capabilities, serverInfo: { name: "one-client" } };
  },
  "logging/setLevel": (params) => {
    level = params.level;
    return {};
  },
  "resources/subscribe": ({ uri }) => {
    subscribed.add(String(uri));
    return {};
  },
};

async function take({ id, method, params = {}, ...reply }: Message): Promise<void> {
  if (method === undefined) return waiting.get(id)?.(reply);
  if (id === undefined) {
    if (method !== "notifications/initialized" && method !== "notifications/cancelled") notified.push(method);
    return;
  }
  if (method !== "tools/call") return void say({ id, result: METHODS[method]?.(params) ?? {} });
  try {
    const value = await TOOLS[String(params.name)]?.((params.arguments ?? {}) as Record<string, unknown>, id);
    say({ id, result: { content: [{ type: "text", text: JSON.stringify(value ?? null) }] } });
  } catch (thrown) {
    say({ id, result: { isError: true, content: [{ type: "text", text: String(thrown) }] } });
  }
}

let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk: string) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) void take(JSON.parse(line) as Message);
});
process.stdin.on("end", () => process.exit(0));
