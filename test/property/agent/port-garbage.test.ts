/** The agent's port is the one that strangers reach: whatever comes, it answers the next caller. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import { RPC_ROLES } from "../../../src/agent/rpc/rpc-roles.ts";
import { type ServedAgent, serveAgent } from "../../../src/agent/rpc/served-agent.fixture.ts";
import { McpAgentService } from "../../../src/api/agent/contract.ts";

let agent: ServedAgent;
let escaped: unknown[] = [];
const keep = (thrown: unknown) => void escaped.push(thrown);

beforeAll(async () => {
  agent = await serveAgent();
  process.on("uncaughtException", keep).on("unhandledRejection", keep);
});

afterAll(async () => {
  process.off("uncaughtException", keep).off("unhandledRejection", keep);
  await agent.close();
});

async function expectAlive(): Promise<void> {
  expect((await agent.client("ada").nodeStatus({})).nodeName).toBe("edge");
  expect([escaped, agent.failures]).toEqual([[], []]);
  escaped = [];
}

/** Says this and no more, and waits until the agent has let go of it: one that keeps such a connection hangs the test. */
function say(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    socket.on("error", () => undefined).once("close", () => resolve());
    socket.resume();
    socket.end(bytes);
  });
}

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const garbage = fc.uint8Array({ minLength: 1, maxLength: 2000 });
/** Frames of HTTP/2 whose lengths are right and nothing else. */
const frames = fc
  .array(fc.tuple(fc.nat(12), fc.nat(255), fc.nat(0xffff_ffff), fc.uint8Array({ maxLength: 200 })), { minLength: 1, maxLength: 8 })
  .map((all) =>
    Buffer.concat(
      all.map(([type, flags, stream, payload]) => {
        const head = Buffer.alloc(9);
        head.writeUIntBE(payload.length, 0, 3);
        head.writeUInt8(type, 3);
        head.writeUInt8(flags, 4);
        head.writeUInt32BE(stream, 5);
        return Buffer.concat([head, payload]);
      }),
    ),
  );

test("garbage in place of TLS, of HTTP/1.1, of HTTP/2 and of its frames ends that connection alone", async () => {
  const { port } = agent.listener;
  const tls = (ALPNProtocols: string[]) =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols });
      socket.once("secureConnect", () => resolve(socket)).once("error", reject);
    });
  await fc.assert(
    fc.asyncProperty(garbage, frames, async (bytes, framed) => {
      await say(connectTcp(port, "127.0.0.1"), bytes);
      await say(await tls(["http/1.1"]), bytes);
      await say(await tls(["http/1.1"]), Buffer.concat([Buffer.from("POST /mcp.v1.McpAgentService/Deploy HTTP/1.1\r\n"), bytes]));
      await say(await tls(["h2"]), bytes);
      await say(await tls(["h2"]), Buffer.concat([PREFACE, framed]));
      await say(await tls(["h2"]), Buffer.concat([PREFACE, Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]), framed]));
    }),
    { numRuns: 40 },
  );
  await expectAlive();
});

/** Ends with the status of gRPC, of HTTP, or of the stream: with none the test hangs. */
function post(session: ClientHttp2Session, path: string, type: string, body: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const request = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": type,
      te: "trailers",
      authorization: "Bearer root",
    });
    let status = "";
    request.on("response", (headers) => {
      status = `${headers["grpc-status"] ?? headers[":status"]}`;
    });
    request.on("trailers", (trailers) => {
      status = `${trailers["grpc-status"] ?? status}`;
    });
    request.on("error", () => undefined).once("close", () => resolve(status));
    request.resume();
    request.end(body);
  });
}

const names = Object.keys(RPC_ROLES) as (keyof typeof RPC_ROLES)[];
const types = ["application/grpc", "application/grpc-web+proto", "application/proto", "application/connect+proto", "application/json"];

test("garbage as the message of any call, by any protocol, is refused with a status, and no handler fails inside", async () => {
  const session = connectHttp2(agent.baseUrl, { ca: agent.ca });
  const seen = new Set<string>();
  const framed = (bytes: Uint8Array, flags: number, length = bytes.length) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, bytes]);
  };
  const body = fc.oneof(
    garbage,
    garbage.map((bytes) => framed(bytes, 0)),
    garbage.map((bytes) => framed(bytes, 1)),
    fc.tuple(garbage, fc.nat(0xffff_ffff)).map(([bytes, length]) => framed(bytes, 0, length)),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), fc.constantFrom(...types), body, async (name, type, bytes) => {
      const status = await post(session, `/${McpAgentService.typeName}/${McpAgentService.method[name].name}`, type, bytes);
      seen.add(status);
      expect(status).toMatch(/^\d+$/);
      // INTERNAL is what the library calls a message that cannot be read; UNKNOWN would be a throw of ours.
      expect(status).not.toBe("2");
    }),
    { numRuns: 400 },
  );
  session.destroy();
  expect(seen.size).toBeGreaterThan(1);
  await expectAlive();
});
