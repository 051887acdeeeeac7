/** Where connections to a URL may go: what is checked is what is dialled. */
import { describe, expect, test } from "bun:test";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { guardedAddresses } from "./guarded-addresses.ts";
import { HTTP_LIMITS, httpUpstream } from "./http-upstream.ts";
import { openClient } from "./http1-client.fixture.ts";
import { plainResponse, startRawHttpServer } from "./raw-http-server.fixture.ts";

const CLOSED = { allow: [], allowLoopback: false };

function resolver(...answers: (readonly string[])[]) {
  const asked: string[] = [];
  const lookUp = async (hostname: string) => {
    asked.push(hostname);
    return answers[Math.min(asked.length, answers.length) - 1] ?? [];
  };
  return { asked, lookUp };
}

describe("a name", () => {
  test("with public addresses leads to them, in their order", async () => {
    const { lookUp } = resolver(["93.184.215.14", "2606:2800:21f:cb07::1"]);
    expect(await guardedAddresses("good.test", CLOSED, lookUp)()).toEqual(["93.184.215.14", "2606:2800:21f:cb07::1"]);
  });

  test.each([
    ["loopback", "127.0.0.1"],
    ["loopback", "::1"],
    ["loopback", "::ffff:127.0.0.1"],
    ["private", "10.1.2.3"],
    ["private", "192.168.0.1"],
    ["private", "fd00::1"],
    ["link-local", "fe80::1"],
    ["metadata", "169.254.169.254"],
    ["unspecified", "0.0.0.0"],
    ["tunnel", "2002:7f00:1::"],
  ])("that leads to a %s address (%s), be it one of many, is refused whole and says why", async (kind, address) => {
    for (const addresses of [[address], ["93.184.215.14", address], [address, "93.184.215.14"]]) {
      const looking = guardedAddresses("evil.test", CLOSED, resolver(addresses).lookUp)();
      await expect(looking).rejects.toThrow(`the address ${address} of evil.test is not allowed: it is ${kind}`);
    }
  });

  test("is asked about for each connection anew, so that a later answer is judged too", async () => {
    const { lookUp, asked } = resolver(["93.184.215.14"], ["169.254.169.254"]);
    const addresses = guardedAddresses("evil.test", CLOSED, lookUp);
    expect(await addresses()).toEqual(["93.184.215.14"]);
    await expect(addresses()).rejects.toThrow("is not allowed");
    expect(asked).toEqual(["evil.test", "evil.test"]);
  });

  test("is asked about once for connections at the same moment", async () => {
    const { lookUp, asked } = resolver(["93.184.215.14"]);
    const addresses = guardedAddresses("good.test", CLOSED, lookUp);
    await Promise.all([addresses(), addresses()]);
    expect(asked).toHaveLength(1);
  });

  test("without an address, or that nobody knows, is said to be so", async () => {
    await expect(guardedAddresses("empty.test", CLOSED, async () => [])()).rejects.toThrow("the name empty.test has no address");
    await expect(guardedAddresses("nobody.invalid", CLOSED)()).rejects.toThrow("the name nobody.invalid could not be looked up");
  });

  test.each(["localhost", "a.localhost", "localhost."])("%s is this machine, whatever a resolver says", async (hostname) => {
    const { lookUp, asked } = resolver(["93.184.215.14"]);
    expect(await guardedAddresses(hostname, { allow: [], allowLoopback: true }, lookUp)()).toEqual(["127.0.0.1", "::1"]);
    await expect(guardedAddresses(hostname, CLOSED, lookUp)()).rejects.toThrow("it is loopback");
    expect(asked).toEqual([]);
  });
});

describe("an address", () => {
  test("is judged without a look-up, in any notation that a URL takes", async () => {
    const { lookUp, asked } = resolver(["93.184.215.14"]);
    for (const text of [
      "http://127.1/",
      "http://0x7f000001/",
      "http://2130706433/",
      "http://[::ffff:7f00:1]/",
      "http://169.254.169.254/",
    ]) {
      const hostname = new URL(text).hostname.replace(/^\[|\]$/g, "");
      await expect(guardedAddresses(hostname, CLOSED, lookUp)()).rejects.toThrow("is not allowed");
    }
    expect(await guardedAddresses("93.184.215.14", CLOSED, lookUp)()).toEqual(["93.184.215.14"]);
    expect(asked).toEqual([]);
  });

  test("that an administrator allows is taken, and its neighbour is not", async () => {
    const allowance = { allow: ["10.1.0.0/16"], allowLoopback: false };
    expect(await guardedAddresses("10.1.2.3", allowance)()).toEqual(["10.1.2.3"]);
    await expect(guardedAddresses("10.2.2.3", allowance)()).rejects.toThrow("is not allowed");
  });
});

describe("dialling", () => {
  const answering = () => startRawHttpServer({ onRequest: (connection) => connection.send(plainResponse("hello")) });
  const urlOf = (host: string, port: number) => new URL(`http://${host}:${port}/mcp`);

  test("goes to the address that was checked, and says the name to the server", async () => {
    const requests: string[] = [];
    using server = startRawHttpServer({
      onRequest(connection, request) {
        requests.push(request);
        void connection.send(plainResponse("hello"));
      },
    });
    using http = openClient(urlOf("pinned.test", server.port), { addresses: async () => ["127.0.0.1"] });
    expect(await http.ask("one")).toBe("hello");
    expect(requests[0]).toContain(`host: pinned.test:${server.port}\r\n`);
  });

  test("takes the next address where one does not answer", async () => {
    using server = answering();
    using http = openClient(urlOf("two.test", server.port), { addresses: async () => ["127.0.0.2", "127.0.0.1"].toSorted().toReversed() });
    expect(await http.ask("one")).toBe("hello");
  });

  test("fails as not sent where no address may be dialled", async () => {
    using server = answering();
    const addresses = guardedAddresses("evil.test", CLOSED, async () => ["127.0.0.1"]);
    using http = openClient(urlOf("evil.test", server.port), { addresses });
    await expect(http.ask("one")).rejects.toMatchObject({
      name: "Http1Failure",
      sent: false,
      message: expect.stringContaining("not allowed"),
    });
    expect(server.opened).toBe(0);
  });

  test("a name that is rebound to this machine after its first answer is refused, and nothing reaches it", async () => {
    using server = startRawHttpServer({ onRequest: (connection) => connection.send(plainResponse("hello", "connection: close\r\n")) });
    const { lookUp } = resolver(["127.0.0.1"], ["127.0.0.1", "10.0.0.1"]);
    const addresses = guardedAddresses("evil.test", { allow: ["127.0.0.1/32"], allowLoopback: false }, lookUp);
    using http = openClient(urlOf("evil.test", server.port), { addresses });
    expect(await http.ask("one")).toBe("hello");
    await expect(http.ask("two")).rejects.toMatchObject({ sent: false, message: expect.stringContaining("10.0.0.1") });
    expect(server.bodies).toEqual(["one"]);
  });

  test("a server whose name leads inside is unavailable with the reason, and hears nothing", async () => {
    using server = answering();
    const upstream = httpUpstream({
      handle: "one",
      url: urlOf("evil.test", server.port).href,
      allowLoopback: false,
      lookUp: async () => ["127.0.0.1"],
      events: upstreamEvents(),
      onLost: () => {},
      limits: { ...HTTP_LIMITS, reconnect: { firstMs: 1, maxMs: 1 } },
    });
    upstream.start();
    await expect(upstream.ready()).rejects.toMatchObject({
      reason: "UPSTREAM_UNAVAILABLE",
      message: expect.stringContaining("the address 127.0.0.1 of evil.test is not allowed: it is loopback"),
    });
    await upstream.close();
    expect(server.opened).toBe(0);
  });
});
