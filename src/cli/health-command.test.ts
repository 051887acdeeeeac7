import { expect, test } from "bun:test";
import { createGatewayProgram } from "./mcplocal-program.ts";
import { runCli } from "./run-cli.ts";

async function health(env: Readonly<Record<string, string>>, ...argv: readonly string[]) {
  let [stdout, stderr] = ["", ""];
  const program = createGatewayProgram({
    env,
    cores: 1,
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    serve: async () => 0,
    serveBridge: async () => 0,
    localInstance: () => undefined,
    bridge: async () => {},
  });
  return { exitCode: await runCli(program, ["health", ...argv]), stdout, stderr };
}

test("it asks where the gateway listens, on loopback where that is every address", async () => {
  const asked: string[] = [];
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      asked.push(new URL(request.url).pathname);
      return new Response("ok");
    },
  });
  const port = String(server.port);
  for (const MCPLOCAL_HTTP_HOST of ["0.0.0.0", "127.0.0.1"]) {
    expect(await health({ MCPLOCAL_HTTP_HOST, MCPLOCAL_HTTP_PORT: port })).toEqual({
      exitCode: 0,
      stdout: `http://127.0.0.1:${port} answers 200\n`,
      stderr: "",
    });
  }
  expect(await health({}, "--url", `http://127.0.0.1:${port}/`)).toMatchObject({ exitCode: 0 });
  expect(asked).toEqual(["/healthz", "/healthz", "/healthz"]);
});

test("one that does not answer, or answers with an error, is exit 1 with a word", async () => {
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("no", { status: 503 }) });
  for (const port of [String(server.port), "9"]) {
    const { exitCode, stdout, stderr } = await health({ MCPLOCAL_HTTP_PORT: port });
    expect([exitCode, stdout, stderr.startsWith("error: ")]).toEqual([1, "", true]);
  }
});
