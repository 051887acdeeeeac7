/** An agent that is to stop in the midst of a pull and of a file that comes: it does not wait for either. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { answersOf, type IdentityProvider, startIdentityProvider } from "../../../src/agent/identity/identity-provider.fixture.ts";
import { serviceFixture } from "../../../src/agent/registry/registry.fixture.ts";
import { AgentClient } from "../../../src/api/agent/agent-client.ts";
import { OperationState, PushFileRequestSchema } from "../../../src/api/agent/contract.ts";
import { toSpec } from "../../../src/service-definition/to-spec.ts";
import { startEmptyEngine } from "../../support/empty-engine.ts";
import { runProgram } from "../../support/run-program.ts";
import { programPath } from "../support/program-path.ts";
import { SpawnedProgram } from "../support/spawned-program.ts";
import { waitUntil } from "../support/wait-until.ts";

const PROGRAM = programPath("mcp-agent");
/** Generous: what it must not wait for never ends. */
const STOP_LIMIT_MS = 15_000;

let folder = "";
let provider: IdentityProvider;
let engine: Server;
/** Pulls that have begun and have no end. */
const pulls: ServerResponse[] = [];
let ended = 0;
let pullsEnd = true;
const programs: SpawnedProgram[] = [];
const clients: AgentClient[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mcpctl-stop-"));
  provider = await startIdentityProvider(answersOf({ root: ["admin"] }));
  engine = await startEmptyEngine(join(folder, "engine.sock"), (call, response) => {
    if (!call.endsWith("/images/create")) return false;
    if (pullsEnd) response.end('{"error":"manifest unknown"}\n');
    else {
      response.write('{"status":"Pulling"}\n');
      response.once("close", () => {
        ended += 1;
      });
      pulls.push(response);
    }
    return true;
  });
  const { exitCode } = await runProgram([PROGRAM, "cert", "--host", "127.0.0.1"], { cwd: folder });
  expect(exitCode).toBe(0);
  writeFileSync(
    join(folder, "mcp-agent.toml"),
    `
[server]
grpc_addr = "127.0.0.1:0"
tls_cert = "cert.pem"
tls_key = "key.pem"
[database]
path = "data/agent.db"
[mcias]
server_url = "${provider.url}"
[agent]
node_name = "here"
container_runtime = "docker"
runtime_socket = "engine.sock"
files_root = "srv"
backups_dir = "backups"
`,
  );
});

afterAll(async () => {
  for (const client of clients) client.close();
  for (const program of programs) await program.discard();
  engine.close();
  await provider.close();
  rmSync(folder, { recursive: true });
});

async function start() {
  const program = new SpawnedProgram([PROGRAM, "server", "--config", "mcp-agent.toml"], { cwd: folder });
  programs.push(program);
  const [, port] = await program.said(/127\.0\.0\.1:(\d+)[\s\S]*certificate sha256/);
  const ca = readFileSync(join(folder, "cert.pem"), "utf8");
  const client = new AgentClient({ node: "here", address: { host: "127.0.0.1", port: Number(port) }, ca }, { token: "root" });
  clients.push(client);
  return { program, client };
}

const filesOf = (service: string) => readdirSync(join(folder, "srv", service));

/** A file of which the first piece comes and the others never do. */
async function* halfAFile() {
  yield create(PushFileRequestSchema, { what: { case: "head", value: { serviceName: "web", path: "app.conf", size: 1_000_000n } } });
  yield create(PushFileRequestSchema, { what: { case: "chunk", value: Buffer.alloc(1000, "n") } });
  await new Promise(() => undefined);
}

test("an agent that is to stop ends a pull and a push that have no end, leaves no half of a file, and its successor finishes the deploy", async () => {
  mkdirSync(join(folder, "srv", "web"), { recursive: true });
  writeFileSync(join(folder, "srv", "web", "app.conf"), "old");
  pullsEnd = false;
  const { program, client } = await start();
  const { operation } = await client.call((rpc, options) => rpc.deploy({ spec: toSpec(serviceFixture()), noWait: true }, options));
  await waitUntil("the image is pulled", () => pulls.length > 0);
  const push = client
    .call((rpc, options) => rpc.pushFile(halfAFile(), options))
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  await waitUntil("half of the file is there", () => filesOf("web").length === 2);

  program.signal("SIGTERM");
  expect(await program.ended(STOP_LIMIT_MS)).toBe(0);
  expect(await push).toMatchObject({ code: "unavailable" });
  expect(filesOf("web")).toEqual(["app.conf"]);
  expect(readFileSync(join(folder, "srv", "web", "app.conf"), "utf8")).toBe("old");
  await waitUntil("the engine is let go of", () => ended === pulls.length);

  pullsEnd = true;
  const next = await start();
  const report = await waitUntil("the operation is over", async () => {
    const found = await next.client.call((rpc, options) => rpc.getOperation({ operationId: operation?.id ?? "" }, options));
    return found.operation?.state === OperationState.RUNNING ? undefined : found;
  });
  expect(report.operation?.state).toBe(OperationState.FAILED);
  expect(report.results).toMatchObject([{ component: "api", ok: false, error: expect.stringContaining("manifest unknown") }]);
  next.program.signal("SIGTERM");
  expect(await next.program.ended(STOP_LIMIT_MS)).toBe(0);
}, 60_000);
