/**
 * The program in the test image: a small MCP server over Streamable HTTP whose version and failings are set by variables.
 *
 * SERVER_VERSION (1), SERVER_PORT (8080), SERVER_IGNORES_TERM, SERVER_MODE:
 * `ok`, `exit:CODE` ends at once, `exit-if:PATH` does with 9 where that file is there, `closed` runs and never listens, `no-mcp` listens and answers 404 to everything, `broken-mcp`
 * answers 200 with what is no MCP, `late:MS` listens after that time, `slow:MS` answers each request after it, `mute` never answers.
 *
 * HTTP: POST /mcp; GET /health says the version; POST /crash ends with 9; POST /eat takes memory until it is killed.
 * Tools: `version`, `env {name}`, `write {path, text}`, `read {path}`, `wait {ms}`.
 * With words it is a command: `exit CODE`, `print WORD…`, `complain WORD…` (to stderr), `cat` (stdin to stdout), `env NAME`, `sleep MS`,
 * `tty`, `write PATH TEXT`, `eat` takes memory until it is killed.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

type Values = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: Values };
}

const [mode = "ok", amount = "0"] = (process.env.SERVER_MODE ?? "ok").split(":");
const version = process.env.SERVER_VERSION ?? "1";
const port = Number(process.env.SERVER_PORT ?? "8080");
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const TOOLS: Readonly<Record<string, (values: Values) => string | Promise<string>>> = {
  version: () => version,
  env: ({ name }) => process.env[String(name)] ?? "",
  write: ({ path, text }) => {
    writeFileSync(String(path), String(text));
    return "written";
  },
  read: ({ path }) => readFileSync(String(path), "utf8"),
  wait: async ({ ms }) => {
    await wait(Number(ms));
    return version;
  },
};

const COMMANDS: Readonly<Record<string, (...words: readonly string[]) => void | Promise<void>>> = {
  exit: (code) => process.exit(Number(code)),
  print: (...words) => void process.stdout.write(`${words.join(" ")}\n`),
  complain: (...words) => void process.stderr.write(`${words.join(" ")}\n`),
  cat: async () => {
    for await (const chunk of process.stdin) process.stdout.write(chunk);
  },
  env: (name = "") => void process.stdout.write(`${process.env[name] ?? ""}\n`),
  sleep: async (ms) => void (await wait(Number(ms))),
  write: (path = "", text = "") => writeFileSync(path, text),
  eat: () => eat(),
  tty: () => void process.stdout.write(process.stdout.isTTY ? "a terminal\n" : "no terminal\n"),
};

const METHODS: Readonly<Record<string, (params: NonNullable<Message["params"]>) => unknown>> = {
  initialize: () => ({ protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "container", version } }),
  ping: () => ({}),
  "tools/list": () => ({ tools: Object.keys(TOOLS).map((name) => ({ name, inputSchema: { type: "object" } })) }),
  "tools/call": async ({ name = "", arguments: values = {} }) => {
    try {
      return { content: [{ type: "text", text: (await TOOLS[name]?.(values)) ?? `no tool ${name}` }] };
    } catch (thrown) {
      return { isError: true, content: [{ type: "text", text: String(thrown) }] };
    }
  },
};

async function answerMcp(request: Request): Promise<Response> {
  if (request.method !== "POST") return new Response(null, { status: 405, headers: { Allow: "POST" } });
  const { id, method = "", params = {} } = (await request.json()) as Message;
  if (id === undefined) return new Response(null, { status: 202 });
  const run = METHODS[method];
  if (run === undefined) return Response.json({ jsonrpc: "2.0", id, error: { code: -32601, message: `no method ${method}` } });
  return Response.json({ jsonrpc: "2.0", id, result: await run(params) });
}

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (mode === "slow") await wait(Number(amount));
  if (mode === "mute") return new Promise(() => {});
  if (mode === "no-mcp") return new Response("nothing here", { status: 404 });
  if (mode === "broken-mcp") return new Response("<html>hello</html>", { headers: { "Content-Type": "text/html" } });
  if (pathname === "/crash") return crash();
  if (pathname === "/eat") return eat();
  if (pathname === "/health") return Response.json({ version });
  return pathname === "/mcp" ? answerMcp(request) : new Response(null, { status: 404 });
}

function crash(): never {
  process.stderr.write("crashed as asked\n");
  process.exit(9);
}

async function eat(): Promise<never> {
  const eaten: Uint8Array[] = [];
  for (;;) {
    eaten.push(new Uint8Array(8 << 20).fill(eaten.length % 255));
    await wait(0);
  }
}

function serve(): void {
  Bun.serve({ hostname: "0.0.0.0", port, idleTimeout: 0, fetch: answer });
  process.stdout.write(`version ${version} listens on ${port}\n`);
}

async function run(words: readonly string[]): Promise<void> {
  const [word = "", ...rest] = words;
  await COMMANDS[word]?.(...rest);
  if (!(word in COMMANDS)) process.exitCode = 64;
}

async function start(): Promise<void> {
  process.on("SIGTERM", () => {
    if (process.env.SERVER_IGNORES_TERM === undefined) process.exit(0);
  });
  process.on("SIGUSR1", () => process.stdout.write("SIGUSR1\n"));
  if (mode === "exit") {
    process.stderr.write(`ends with ${amount}\n`);
    process.exit(Number(amount));
  }
  if (mode === "exit-if" && existsSync(amount)) {
    process.stderr.write(`ends: ${amount} is there\n`);
    process.exit(9);
  }
  if (mode === "late") await wait(Number(amount));
  if (mode === "closed") setInterval(() => {}, 60_000);
  else serve();
}

const words = process.argv.slice(2);
await (words.length > 0 ? run(words) : start());
