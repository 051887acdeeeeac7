import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FetchLike } from "./fetch-like.ts";
import { McpHttpSession } from "./mcp-http-session.ts";
import { startScriptedMcpServer } from "./scripted-mcp-server.fixture.ts";

const openssl = Bun.which("openssl");

describe.skipIf(openssl === null)("https (needs openssl to make a certificate)", () => {
  let folder = "";
  let tls = { cert: "", key: "" };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mcp-tls-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    const made = Bun.spawn(
      [
        openssl ?? "",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
        ...name,
        "-keyout",
        key,
        "-out",
        cert,
      ],
      { stdout: "ignore", stderr: "ignore" },
    );
    expect(await made.exited).toBe(0);
    tls = { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") };
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("a session runs over https with a certificate that is trusted", async () => {
    await using server = startScriptedMcpServer({ tls });
    const trusting: FetchLike = (url, init) => fetch(url, { ...init, tls: { ca: tls.cert } });
    const session = new McpHttpSession(server.url, { fetch: trusting, bearer: "secret" });
    await session.initialize();
    expect((await session.listTools()).map((tool) => tool.name)).toEqual(["echo", "fail"]);
    await session.close();
    expect(server.url).toStartWith("https://");
    expect(server.of("DELETE")).toHaveLength(1);
  });

  test("a certificate that nobody vouches for stops the session before the bearer is sent", async () => {
    await using server = startScriptedMcpServer({ tls });
    await expect(new McpHttpSession(server.url, { bearer: "secret" }).initialize()).rejects.toMatchObject({
      reason: "MCP_NETWORK",
      message: expect.stringContaining("self-signed"),
      hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    });
    expect(server.sent).toEqual([]);
  });
});
