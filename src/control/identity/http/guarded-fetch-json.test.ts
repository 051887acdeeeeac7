import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAllowedAddress } from "../../../core/address-guard.ts";
import { guardedFetchJson } from "./guarded-fetch-json.ts";

const REFUSED = { code: "denied", reason: "FETCH_REFUSED" };
const FAILED = { code: "unavailable", reason: "FETCH_FAILED" };

const answers: Readonly<Record<string, () => Response | Promise<Response>>> = {
  "/keys": () => Response.json({ keys: [] }),
  "/redirect": () => Response.redirect("/keys"),
  "/missing": () => Response.json({ keys: [] }, { status: 404 }),
  "/text": () => new Response("keys"),
  "/large": () => Response.json({ keys: "x".repeat(2000) }),
  "/never": () => new Promise<Response>(() => undefined),
  "/stalls": () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) })),
};

let server: ReturnType<typeof Bun.serve>;
const hosts: string[] = [];

beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch(request) {
      hosts.push(request.headers.get("host") ?? "");
      return answers[new URL(request.url).pathname]?.() ?? new Response(null, { status: 500 });
    },
  });
});

afterAll(() => server.stop(true));

const onLoopback = { isAllowedAddress: (address: string) => address === "127.0.0.1", allowHttp: true };
const url = (path: string, host = "127.0.0.1") => `http://${host}:${server.port}${path}`;

test("JSON comes as it is", async () => {
  expect(await guardedFetchJson(onLoopback)(url("/keys"))).toEqual({ keys: [] });
});

test("only https is fetched unless http is allowed, and no URL with a user", async () => {
  const { isAllowedAddress: allow } = onLoopback;
  await expect(guardedFetchJson({ isAllowedAddress: allow })(url("/keys"))).rejects.toMatchObject(REFUSED);
  const fetchJson = guardedFetchJson(onLoopback);
  for (const other of ["file:///etc/passwd", "ftp://127.0.0.1/", "keys", `http://me:pw@127.0.0.1:${server.port}/keys`]) {
    await expect(fetchJson(other)).rejects.toMatchObject(REFUSED);
  }
});

test.each(["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "169.254.169.254", "[::ffff:10.0.0.1]"])(
  "%s is not called where only public addresses are allowed",
  async (host) => {
    const guard = (address: string) => isAllowedAddress(address, { allow: [], allowLoopback: false });
    const fetchJson = guardedFetchJson({ isAllowedAddress: guard, allowHttp: true });
    await expect(fetchJson(url("/keys", host))).rejects.toMatchObject(REFUSED);
  },
);

test("the address that was checked is dialled, by a name that is looked up once", async () => {
  let lookedUp = 0;
  const resolve = async () => {
    lookedUp += 1;
    return lookedUp === 1 ? ["10.0.0.1", "127.0.0.1"] : ["10.0.0.1"];
  };
  expect(await guardedFetchJson({ ...onLoopback, resolve })(url("/keys", "issuer.example"))).toEqual({ keys: [] });
  expect([lookedUp, hosts.at(-1)]).toEqual([1, `issuer.example:${server.port}`]);
});

test.each(["/redirect", "/missing", "/text"])("%s is no JSON to take", async (path) => {
  await expect(guardedFetchJson(onLoopback)(url(path))).rejects.toMatchObject(FAILED);
});

test("a body beyond the limit is not read", async () => {
  expect(await guardedFetchJson({ ...onLoopback, maxBytes: 5000 })(url("/large"))).toBeDefined();
  await expect(guardedFetchJson({ ...onLoopback, maxBytes: 1000 })(url("/large"))).rejects.toMatchObject(FAILED);
});

test.each(["/never", "/stalls"])("%s is given up at the deadline", async (path) => {
  await expect(guardedFetchJson({ ...onLoopback, timeoutMs: 100 })(url(path))).rejects.toMatchObject({
    ...FAILED,
    message: expect.stringContaining("in time"),
  });
});

test("a name that does not resolve in time is given up too", async () => {
  const resolve = () => new Promise<readonly string[]>(() => undefined);
  const fetchJson = guardedFetchJson({ ...onLoopback, resolve, timeoutMs: 50 });
  await expect(fetchJson(url("/keys", "issuer.example"))).rejects.toMatchObject(FAILED);
});

const openssl = Bun.which("openssl");

describe.skipIf(openssl === null)("over https (needs openssl to make a certificate)", () => {
  let folder = "";
  let secure: Server;
  let certificate = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fetch-json-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const names = ["-subj", "/CN=issuer.example", "-addext", "subjectAltName=DNS:issuer.example"];
    const made = Bun.spawn(
      [openssl ?? "", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", ...names].concat(
        ["-keyout", key, "-out", cert],
      ),
      { stdout: "ignore", stderr: "ignore" },
    );
    expect(await made.exited).toBe(0);
    certificate = await readFile(cert, "utf8");
    secure = createServer({ key: await readFile(key), cert: certificate }, (_, response) => {
      response.end('{"keys":[]}');
    });
    await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
  });

  afterAll(async () => {
    secure.closeAllConnections();
    await new Promise((resolve) => secure.close(resolve));
    await rm(folder, { recursive: true });
  });

  test("the server must prove the name in the URL, wherever it leads", async () => {
    const { port } = secure.address() as AddressInfo;
    const { isAllowedAddress: allow } = onLoopback;
    const resolve = async () => ["127.0.0.1"];
    const trusting = guardedFetchJson({ isAllowedAddress: allow, resolve, ca: certificate });
    expect(await trusting(`https://issuer.example:${port}/keys`)).toEqual({ keys: [] });
    await expect(trusting(`https://other.example:${port}/keys`)).rejects.toMatchObject(FAILED);
    const untrusting = guardedFetchJson({ isAllowedAddress: allow, resolve });
    await expect(untrusting(`https://issuer.example:${port}/keys`)).rejects.toMatchObject(FAILED);
  });
});
