/** https: a server must prove its name before it hears a word. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { openClient } from "./http1-client.fixture.ts";
import { plainResponse, startRawHttpServer, until } from "./raw-http-server.fixture.ts";

const openssl = Bun.which("openssl");
const notSent = { name: "Http1Failure", sent: false };

interface Identity {
  readonly key: string;
  readonly cert: string;
}

let folder = "";

async function run(...args: string[]): Promise<void> {
  const made = Bun.spawn([openssl ?? "", ...args], { cwd: folder, stdout: "ignore", stderr: "ignore" });
  expect(await made.exited).toBe(0);
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

async function read(name: string): Promise<Identity> {
  const [key, cert] = await Promise.all([readFile(join(folder, `${name}.key`), "utf8"), readFile(join(folder, `${name}.pem`), "utf8")]);
  return { key, cert };
}

async function makeAuthority(): Promise<string> {
  const use = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign"];
  await run("req", "-x509", ...NEW_KEY, "-days", "1", "-subj", "/CN=Test CA", ...use, "-keyout", "ca.key", "-out", "ca.pem");
  return (await read("ca")).cert;
}

/** A certificate for `altNames`, signed by the authority; its common name is localhost, which must count for nothing. */
async function makeIdentity(name: string, altNames: string): Promise<Identity> {
  await run("req", ...NEW_KEY, "-subj", "/CN=localhost", "-keyout", `${name}.key`, "-out", `${name}.csr`);
  await writeFile(join(folder, `${name}.ext`), `subjectAltName=${altNames}\n`);
  const authority = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
  await run("x509", "-req", "-in", `${name}.csr`, ...authority, "-days", "1", "-extfile", `${name}.ext`, "-out", `${name}.pem`);
  return read(name);
}

describe.skipIf(openssl === null)("https (needs openssl to make certificates)", () => {
  let ca = "";
  let good: Identity = { key: "", cert: "" };
  let other: Identity = good;
  const servers: Server[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "http1-tls-"));
    ca = await makeAuthority();
    good = await makeIdentity("good", "DNS:localhost,IP:127.0.0.1");
    other = await makeIdentity("other", "DNS:other.test,IP:127.0.0.9");
  });
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A server that notes the names it was called by, and how many requests it heard. */
  async function serve(options: ServerOptions) {
    const heard: { readonly names: unknown[]; requests: number; connections: number } = { names: [], requests: 0, connections: 0 };
    const server = createServer(options, (request, response) => {
      heard.requests += 1;
      let body = "";
      request.on("data", (part) => {
        body += part;
      });
      request.on("end", () => response.end(`got ${body.length}`));
    });
    server.on("secureConnection", (socket: TLSSocket) => {
      heard.connections += 1;
      heard.names.push((socket as { servername?: string | false }).servername);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    servers.push(server);
    const { port } = server.address() as { port: number };
    return { heard, urlOf: (host: string) => new URL(`https://${host}:${port}/`) };
  }

  test("a server that a trusted authority vouches for is heard, on one connection, by its name", async () => {
    const { heard, urlOf } = await serve(good);
    using http = openClient(urlOf("localhost"), { ca });
    expect(await http.ask("one")).toBe("got 3");
    expect(await http.ask("x".repeat(2_000_000))).toBe("got 2000000");
    expect(heard).toEqual({ names: ["localhost"], requests: 2, connections: 1 });
  });

  test("a server with a certificate for its address is heard; no name is said, for there is none", async () => {
    const { heard, urlOf } = await serve(good);
    using http = openClient(urlOf("127.0.0.1"), { ca });
    expect(await http.ask("one")).toBe("got 3");
    expect(heard).toEqual({ names: [false], requests: 1, connections: 1 });
  });

  test.each(["localhost", "127.0.0.1"])("a certificate for others is refused as not sent: %s", async (host) => {
    const { heard, urlOf } = await serve(other);
    using http = openClient(urlOf(host), { ca });
    await expect(http.ask("secret")).rejects.toMatchObject({ ...notSent, message: expect.stringContaining("does not match") });
    expect(heard.requests).toBe(0);
  });

  test("a certificate must be good for the name, whichever of its addresses was dialled", async () => {
    const addresses = async () => ["127.0.0.1"];
    const right = await serve(other);
    using named = openClient(right.urlOf("other.test"), { ca, addresses });
    expect(await named.ask("one")).toBe("got 3");
    expect(right.heard.names).toEqual(["other.test"]);
    // It is good for the address and for localhost, and for this name it is not.
    const wrong = await serve(good);
    using misnamed = openClient(wrong.urlOf("other.test"), { ca, addresses });
    await expect(misnamed.ask("secret")).rejects.toMatchObject({ ...notSent, message: expect.stringContaining("does not match") });
    expect(wrong.heard.requests).toBe(0);
  });

  test("a certificate that nobody vouches for is refused as not sent", async () => {
    const { heard, urlOf } = await serve(good);
    using http = openClient(urlOf("localhost"));
    await expect(http.ask("secret")).rejects.toMatchObject({ ...notSent, message: expect.stringContaining("certificate") });
    expect(heard.requests).toBe(0);
  });

  test("an environment that switches verification off switches nothing off here", async () => {
    const { heard, urlOf } = await serve(good);
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    try {
      // It works on others, so it would show.
      expect(await (await fetch(urlOf("localhost"), { keepalive: false })).text()).toBe("got 0");
      using http = openClient(urlOf("localhost"));
      await expect(http.ask("secret")).rejects.toMatchObject(notSent);
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
    expect(heard.requests).toBe(1);
  });

  test("a server without TLS is refused as not sent, and hears no request", async () => {
    using server = startRawHttpServer({ onOpen: (connection) => connection.send(plainResponse("hi")) });
    using http = openClient(new URL(`https://127.0.0.1:${server.port}/`), { ca });
    await expect(http.ask("secret")).rejects.toMatchObject({ ...notSent, message: expect.stringContaining("WRONG_VERSION_NUMBER") });
    await until(() => server.open === 0);
  });

  test.each([
    ["ends", "end"],
    ["resets", "reset"],
  ] as const)("a server that %s in the handshake fails the request as not sent", async (_, how) => {
    using server = startRawHttpServer({ onOpen: (connection) => connection[how]() });
    using http = openClient(new URL(`https://127.0.0.1:${server.port}/`), { ca });
    await expect(http.ask("secret")).rejects.toMatchObject(notSent);
  });

  test("a handshake that does not end fails as not sent when the time is up, and its connection is closed", async () => {
    using server = startRawHttpServer({});
    using http = openClient(new URL(`https://127.0.0.1:${server.port}/`), { ca, connectTimeoutMs: 20, maxConnections: 1 });
    const asked = await Promise.allSettled([http.ask("1"), http.ask("2")]);
    for (const outcome of asked) expect(outcome).toMatchObject({ reason: { ...notSent, message: "no connection in time" } });
    await until(() => server.open === 0);
    expect(server.opened).toBe(2);
  });

  test("a caller that goes away in the handshake is told at once, and its connection is closed", async () => {
    using server = startRawHttpServer({});
    using http = openClient(new URL(`https://127.0.0.1:${server.port}/`), { ca });
    const leaving = new AbortController();
    const asked = Promise.allSettled([http.ask("1", { signal: leaving.signal })]);
    await until(() => server.open === 1);
    leaving.abort();
    expect(await asked).toMatchObject([{ reason: notSent }]);
    await until(() => server.open === 0);
  });
});
