/** A legacy client on lines, through the bridge, to a server over Streamable HTTP. */
import { describe, expect, test } from "bun:test";
import {
  type Answer,
  errorReply,
  jsonReply,
  resultMessageOf,
  type ScriptedMcpServer,
  type SentMessage,
  sseReply,
  streamReply,
} from "../client/scripted-mcp-server.fixture.ts";
import { encodeSseMessage } from "../sse.ts";
import { type BridgedClient, createBridges, INITIALIZE, request, until } from "./bridge.fixture.ts";

const { serve, bridge } = createBridges();

const accepted: Answer = () => new Response(null, { status: 202 });
const no405: Answer = () => new Response(null, { status: 405 });
const note = (n: number) => `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":${n}}}`;
const header = (sent: SentMessage | undefined, name: string) => sent?.headers.get(name) ?? null;

/** A server whose session ids are s1, s2, … and which knows the last one alone. */
function forgetful(known: { last: number }): Readonly<Record<string, Answer>> {
  const guarded =
    (answer: Answer): Answer =>
    (sent) =>
      header(sent, "mcp-session-id") === `s${known.last}` ? answer(sent) : new Response("no session", { status: 404 });
  return {
    initialize: (sent) => {
      known.last += 1;
      const serverInfo = { name: "forgetful", version: "1" };
      return jsonReply(sent, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo }, { "mcp-session-id": `s${known.last}` });
    },
    "notifications/initialized": guarded(accepted),
    "notifications/roots/list_changed": guarded(accepted),
    "tools/call": guarded((sent) => jsonReply(sent, { session: header(sent, "mcp-session-id") })),
    "GET /mcp": no405,
  };
}

/** Opens a session and waits until the server has taken all that opens one. */
async function openAt(server: ScriptedMcpServer): Promise<BridgedClient> {
  const client = bridge(server.url);
  await client.initialize();
  await until(() => server.of("GET").length === 1);
  return client;
}

describe("a session", () => {
  test("is opened without a session, and every later message is sent in it with its revision", async () => {
    const server = serve({ answers: { "GET /mcp": no405 } });
    const client = bridge(server.url);
    await client.initialize();
    client.say(request(1, "tools/list"));
    await client.answerTo(1);
    const seen = ["initialize", "notifications/initialized", "tools/list"].map((method) => {
      const [sent] = server.of(method);
      return ["authorization", "mcp-session-id", "mcp-protocol-version"].map((name) => header(sent, name));
    });
    expect(seen).toEqual([
      ["Bearer the-token", null, null],
      ["Bearer the-token", "session-1", "2025-11-25"],
      ["Bearer the-token", "session-1", "2025-11-25"],
    ]);
    expect(header(server.of("tools/list")[0], "accept")).toBe("application/json, text/event-stream");
  });

  test("is not needed by a server that gives none", async () => {
    const initialize: Answer = (sent) => jsonReply(sent, { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: {} });
    const server = serve({ answers: { initialize, "GET /mcp": no405 } });
    const client = bridge(server.url);
    await client.initialize();
    client.say(request(1, "tools/list"));
    await client.answerTo(1);
    expect(header(server.of("tools/list")[0], "mcp-session-id")).toBeNull();
    expect(header(server.of("tools/list")[0], "mcp-protocol-version")).toBe("2025-06-18");
    client.hangUp();
    expect(await client.ended).toBeUndefined();
    expect(server.of("DELETE")).toEqual([]);
  });

  test("is deleted when the client hangs up", async () => {
    const server = serve({ answers: { "GET /mcp": no405 } });
    const client = bridge(server.url);
    await client.initialize();
    client.hangUp();
    expect(await client.ended).toBeUndefined();
    expect(server.of("DELETE").map((sent) => header(sent, "mcp-session-id"))).toEqual(["session-1"]);
  });

  test("that a second initialize replaces is deleted", async () => {
    const known = { last: 0 };
    const server = serve({ answers: forgetful(known) });
    const client = bridge(server.url);
    await client.initialize();
    client.say({ ...INITIALIZE, id: "again" }, request(1, "tools/call"));
    expect((await client.answerTo(1)).result).toEqual({ session: "s2" });
    await until(() => server.of("DELETE").length === 1);
    expect(header(server.of("DELETE")[0], "mcp-session-id")).toBe("s1");
  });

  test("that the server has forgotten is opened anew with the client's own words, once for all who find out", async () => {
    const known = { last: 0 };
    const server = serve({ answers: forgetful(known) });
    const client = await openAt(server);
    known.last = 7;
    client.say(request(1, "tools/call"), request(2, "tools/call"), request(3, "tools/call"));
    const answers = await Promise.all([1, 2, 3].map((id) => client.answerTo(id)));
    expect(answers.map(({ result }) => result.session)).toEqual(["s8", "s8", "s8"]);
    expect(server.of("initialize").map(({ text }) => text)).toEqual([JSON.stringify(INITIALIZE), JSON.stringify(INITIALIZE)]);
    expect(server.of("notifications/initialized").map((sent) => header(sent, "mcp-session-id"))).toEqual(["s1", "s8"]);
    // The client knows nothing of it.
    expect(client.messages.filter(({ id }) => id === "init")).toHaveLength(1);
    expect(client.log.join()).toContain("a new one is open");
  });

  test("that is forgotten is opened anew for a notification too, and that is delivered", async () => {
    const known = { last: 0 };
    const server = serve({ answers: forgetful(known) });
    const client = await openAt(server);
    known.last = 7;
    client.say({ jsonrpc: "2.0", method: "notifications/roots/list_changed" });
    await until(() => server.of("notifications/roots/list_changed").length === 2);
    expect(header(server.of("notifications/roots/list_changed")[1], "mcp-session-id")).toBe("s8");
  });

  test("that is forgotten before it is initialized is opened anew, and initialized once", async () => {
    const known = { last: 0 };
    const server = serve({ answers: forgetful(known) });
    const client = bridge(server.url);
    client.say(INITIALIZE);
    await client.answerTo("init");
    known.last = 7;
    client.say({ jsonrpc: "2.0", method: "notifications/initialized" }, request(1, "tools/call"));
    expect((await client.answerTo(1)).result).toEqual({ session: "s8" });
    expect(server.of("notifications/initialized").map((sent) => header(sent, "mcp-session-id"))).toEqual(["s1", "s8"]);
  });

  test("that is forgotten again and again is an error, after two tries for each request", async () => {
    const server = serve({ answers: { "tools/call": () => new Response(null, { status: 404 }), "GET /mcp": no405 } });
    const client = bridge(server.url);
    await client.initialize();
    client.say(request(1, "tools/call"));
    expect((await client.answerTo(1)).error).toMatchObject({ code: -31005, data: { reason: "MCP_SESSION_LOST", status: 404 } });
    expect(server.of("tools/call")).toHaveLength(2);
  });

  test("that comes back with another revision than the client has agreed to is an error, and tried anew by the next request", async () => {
    const known = { last: 0 };
    let version = "2025-11-25";
    const answers = forgetful(known);
    const initialize: Answer = async (sent) => {
      const reply = await answers.initialize?.(sent);
      return new Response((await reply?.text())?.replace("2025-11-25", version), reply);
    };
    const server = serve({ answers: { ...answers, initialize } });
    const client = await openAt(server);
    known.last = 7;
    version = "2025-06-18";
    client.say(request(1, "tools/call"));
    expect((await client.answerTo(1)).error.data.reason).toBe("MCP_SESSION_LOST");
    version = "2025-11-25";
    known.last = 9;
    client.say(request(2, "tools/call"));
    expect((await client.answerTo(2)).result).toEqual({ session: "s10" });
  });

  test("with an id that no header can carry is refused", async () => {
    const initialize: Answer = (sent) => {
      const reply = jsonReply(sent, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} });
      reply.headers.set("mcp-session-id", "a b");
      return reply;
    };
    const client = bridge(serve({ answers: { initialize } }).url);
    client.say(INITIALIZE);
    expect((await client.answerTo("init")).error).toMatchObject({ code: -31005, data: { reason: "MCP_SESSION_ID_INVALID" } });
  });
});

describe("messages", () => {
  test("pass as they were written, both ways", async () => {
    const sentText =
      '{ "jsonrpc":"2.0","id" : 1.0e0, "method":"tools/call","params":{"n":12345678901234567890,"s":"\\u00e4\\/","x":1.50}, "more":[] }';
    const answer = '{"extra":1.0,"result":{"n":98765432109876543210,"s":"\\u00e4","t":"ä"},"id":1,"jsonrpc":"2.0"}';
    const server = serve({
      answers: { "tools/call": () => new Response(answer, { headers: { "content-type": "application/json" } }), "GET /mcp": no405 },
    });
    const client = bridge(server.url);
    await client.initialize();
    client.sayRaw(`${sentText}\r\n`);
    await client.answerTo(1);
    expect(server.of("tools/call")[0]?.text).toBe(sentText);
    expect(client.heard.at(-1)).toBe(answer);
  });

  test("that the server spreads over lines, or over the data lines of an event, are one line", async () => {
    const pretty = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { text: "a\nb" } }, null, 2);
    const answers: Record<string, Answer> = {
      "tools/call": () => new Response(pretty, { headers: { "content-type": "application/json; charset=utf-8" } }),
      "tools/list": () => sseReply(pretty.replace(": 1", ": 2")),
      "GET /mcp": no405,
    };
    const client = bridge(serve({ answers }).url);
    await client.initialize();
    client.say(request(1, "tools/call"), request(2, "tools/list"));
    expect((await client.answerTo(1)).result).toEqual({ text: "a\nb" });
    expect((await client.answerTo(2)).result).toEqual({ text: "a\nb" });
    expect(client.heard.every((line) => !/[\r\n]/.test(line))).toBe(true);
  });

  test("that come before the answer to initialize wait for it, as on a pipe, and none overtakes a notification", async () => {
    const order: string[] = [];
    const opening = Promise.withResolvers<void>();
    const initialized = Promise.withResolvers<void>();
    const answers: Record<string, Answer> = {
      initialize: async (sent) => {
        await opening.promise;
        order.push("initialize");
        return jsonReply(sent, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} }, { "mcp-session-id": "s" });
      },
      "notifications/initialized": async () => {
        await initialized.promise;
        order.push("initialized");
        return new Response(null, { status: 202 });
      },
      "tools/list": (sent) => {
        order.push("list");
        return jsonReply(sent, {});
      },
      "GET /mcp": no405,
    };
    const server = serve({ answers });
    const client = bridge(server.url);
    client.say(INITIALIZE, { jsonrpc: "2.0", method: "notifications/initialized" }, request(1, "tools/list"));
    await until(() => server.sent.length === 1);
    opening.resolve();
    await until(() => server.sent.length === 2);
    initialized.resolve();
    await client.answerTo(1);
    expect(order).toEqual(["initialize", "initialized", "list"]);
    expect(header(server.of("tools/list")[0], "mcp-session-id")).toBe("s");
  });

  test("are carried side by side: answers come as they are ready", async () => {
    const gates = new Map<unknown, () => void>();
    const call: Answer = (sent) => new Promise((resolve) => gates.set(sent.message.id, () => resolve(jsonReply(sent, {}))));
    const client = bridge(serve({ answers: { "tools/call": call, "GET /mcp": no405 } }).url);
    await client.initialize();
    client.say(...[1, 2, 3].map((id) => request(id, "tools/call")));
    await until(() => gates.size === 3);
    for (const id of [3, 1, 2]) {
      gates.get(id)?.();
      await client.answerTo(id);
    }
    expect(client.messages.slice(1).map(({ id }) => id)).toEqual([3, 1, 2]);
  });

  test("before the answer arrive as they come, questions of the server among them, and the client's reply is posted", async () => {
    const question = '{"jsonrpc":"2.0","id":"q1","method":"elicitation/create","params":{"message":"?"}}';
    const reply = Promise.withResolvers<SentMessage>();
    const call: Answer = (sent) => {
      const body = new ReadableStream<string>({
        async start(controller) {
          controller.enqueue(encodeSseMessage(note(1)) + encodeSseMessage(question));
          await reply.promise;
          controller.enqueue(encodeSseMessage(resultMessageOf(sent.message.id, { content: [] })));
          controller.close();
        },
      });
      return new Response(body.pipeThrough(new TextEncoderStream()), { headers: { "content-type": "text/event-stream" } });
    };
    const takesReply: Answer = (sent) => {
      reply.resolve(sent);
      return new Response(null, { status: 202 });
    };
    const client = bridge(serve({ answers: { "tools/call": call, reply: takesReply, "GET /mcp": no405 } }).url);
    await client.initialize();
    client.say(request(1, "tools/call"));
    await until(() => client.heard.includes(question));
    const answer = '{"jsonrpc":"2.0","id":"q1","result":{ "action":"accept" }}';
    client.say(answer);
    await client.answerTo(1);
    expect((await reply.promise).text).toBe(answer);
    expect(header(await reply.promise, "mcp-session-id")).toBe("session-1");
    expect(client.heard.slice(1, 3)).toEqual([note(1), question]);
  });

  test("in a batch are posted together, and each is answered on a line of its own", async () => {
    const batch = `[${JSON.stringify(request(1, "a"))}, ${JSON.stringify(request("x", "b"))},{"jsonrpc":"2.0","method":"notifications/c"}]`;
    const bodies = { answer: '[ {"jsonrpc":"2.0","id":"x","result":{}},{"jsonrpc":"2.0","id":1,"result":{"a":1.0}} ]' };
    const server = serve({
      answers: {
        reply: () => new Response(bodies.answer, { headers: { "content-type": "application/json" } }),
        "GET /mcp": no405,
      },
    });
    const client = bridge(server.url);
    await client.initialize();
    client.say(batch);
    await client.answerTo(1);
    expect(client.heard.slice(1)).toEqual(['{"jsonrpc":"2.0","id":"x","result":{}}', '{"jsonrpc":"2.0","id":1,"result":{"a":1.0}}']);
    expect(server.sent.at(-1)?.text).toBe(batch);
    bodies.answer = '{"jsonrpc":"2.0","id":1,"result":{}}';
    client.say(batch);
    expect((await client.answerTo("x")).result).toEqual({});
    await until(() => client.messages.some(({ id, error }) => id === "x" && error?.data.reason === "MCP_ANSWER_LOST"));
  });
});

describe("the server's own stream", () => {
  test("is opened when the client has said that it is initialized, and is resumed behind the last event", async () => {
    const events = [`id: e1\n${encodeSseMessage(note(1))}`, encodeSseMessage(note(2)), encodeSseMessage(note(3))];
    const streams = [streamReply(events.slice(0, 1)), streamReply(events.slice(1, 2)), streamReply(events.slice(2), "open")];
    const server = serve({ answers: { "GET /mcp": () => streams.shift() ?? streamReply([], "open") } });
    const client = bridge(server.url);
    client.say(INITIALIZE);
    await client.answerTo("init");
    expect(server.of("GET")).toEqual([]);
    client.say({ jsonrpc: "2.0", method: "notifications/initialized" });
    await until(() => client.heard.length === 4);
    expect(client.heard.slice(1)).toEqual([note(1), note(2), note(3)]);
    expect(server.of("GET").map((sent) => [header(sent, "last-event-id"), header(sent, "mcp-session-id")])).toEqual([
      [null, "session-1"],
      ["e1", "session-1"],
      ["e1", "session-1"],
    ]);
  });

  test("that there is none is taken for an answer: 405 is not asked again", async () => {
    const server = serve({ answers: { "GET /mcp": no405 } });
    const client = bridge(server.url);
    await client.initialize();
    await until(() => server.of("GET").length === 1);
    client.say(request(1, "tools/list"));
    await client.answerTo(1);
    client.hangUp();
    await client.ended;
    expect(server.of("GET")).toHaveLength(1);
  });

  test("that breaks, or is refused for a moment, is come back to", async () => {
    const replies = [() => new Response(null, { status: 503 }), () => streamReply([encodeSseMessage(note(1))])];
    const server = serve({
      answers: { "GET /mcp": () => (replies.shift() ?? (() => streamReply([encodeSseMessage(note(2))], "open")))() },
    });
    const client = bridge(server.url);
    await client.initialize();
    await until(() => client.heard.includes(note(2)));
    expect(client.heard.slice(1)).toEqual([note(1), note(2)]);
  });

  test("that ends because the session is forgotten leads to a new one, and to its stream", async () => {
    const known = { last: 0 };
    const listen: Answer = (sent) => {
      if (header(sent, "mcp-session-id") !== `s${known.last}`) return new Response(null, { status: 404 });
      if (known.last > 1) return streamReply([encodeSseMessage(note(9))], "open");
      known.last = 4;
      return streamReply([encodeSseMessage(note(1))]);
    };
    const server = serve({ answers: { ...forgetful(known), "GET /mcp": listen } });
    const client = bridge(server.url);
    await client.initialize();
    await until(() => client.heard.includes(note(9)));
    expect(header(server.of("GET").at(-1), "mcp-session-id")).toBe("s5");
  });
});

describe("a cancellation", () => {
  test("is passed on, and the answer is not waited for nor written", async () => {
    const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}';
    const gates: (() => void)[] = [];
    const call: Answer = (sent) => new Promise((resolve) => gates.push(() => resolve(jsonReply(sent, {}))));
    const cancelled: Answer = () => {
      gates[0]?.();
      return new Response(null, { status: 202 });
    };
    const server = serve({ answers: { "tools/call": call, "notifications/cancelled": cancelled, "GET /mcp": no405 } });
    const client = bridge(server.url);
    await client.initialize();
    client.say(request(1, "tools/call"));
    await until(() => gates.length === 1);
    client.say(cancel, request(2, "tools/list"));
    await client.answerTo(2);
    expect(server.of("notifications/cancelled").map(({ text }) => text)).toEqual([cancel]);
    expect(client.messages.map(({ id }) => id)).toEqual(["init", 2]);
    // The id is free again.
    client.say(request(1, "tools/call"));
    await until(() => gates.length === 2);
    gates[1]?.();
    await client.answerTo(1);
  });

  test("of what was not sent yet keeps it from being sent", async () => {
    const opening = Promise.withResolvers<void>();
    const initialize: Answer = async (sent) => {
      await opening.promise;
      return jsonReply(sent, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} });
    };
    const server = serve({ answers: { initialize, "notifications/cancelled": accepted, "GET /mcp": no405 } });
    const client = bridge(server.url);
    client.say(INITIALIZE, request(1, "tools/call"), { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    await until(() => server.sent.length === 1);
    opening.resolve();
    client.say(request(2, "tools/list"));
    await client.answerTo(2);
    expect(server.of("tools/call")).toEqual([]);
    expect(client.messages.map(({ id }) => id)).toEqual(["init", 2]);
  });

  test("of initialize is none", async () => {
    const opening = Promise.withResolvers<void>();
    const initialize: Answer = async (sent) => {
      await opening.promise;
      return jsonReply(sent, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} });
    };
    const server = serve({ answers: { initialize, "GET /mcp": no405 } });
    const client = bridge(server.url);
    client.say(INITIALIZE);
    await until(() => server.sent.length === 1);
    client.say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "init" } });
    opening.resolve();
    expect((await client.answerTo("init")).result).toBeDefined();
    expect(server.of("notifications/cancelled")).toEqual([]);
  });
});

describe("a reply that ends before its answer", () => {
  test("is come back to where the server gave an id, after the time it asked for", async () => {
    const call: Answer = () => streamReply([`id: p0\nretry: 10\ndata: \n\n${encodeSseMessage(note(1))}`]);
    const replies = [
      () => new Response(null, { status: 200, headers: { "content-type": "text/event-stream" } }),
      () => streamReply([`id: p1\n${encodeSseMessage(note(2))}`]),
      () => sseReply(resultMessageOf(1, { late: true })),
    ];
    const listen: Answer = (sent) => (header(sent, "last-event-id") === null ? no405(sent) : (replies.shift() ?? no405)(sent));
    const resumed = (gets: SentMessage[]) => gets.map((sent) => header(sent, "last-event-id")).filter((id) => id !== null);
    const server = serve({ answers: { "tools/call": call, "GET /mcp": listen } });
    const client = bridge(server.url);
    await client.initialize();
    client.say(request(1, "tools/call"));
    expect((await client.answerTo(1)).result).toEqual({ late: true });
    expect(client.heard.slice(1, 3)).toEqual([note(1), note(2)]);
    expect(resumed(server.of("GET"))).toEqual(["p0", "p0", "p1"]);
  });

  test("is not come back to for ever", async () => {
    const call: Answer = () => streamReply(["id: p0\nretry: 1\ndata: \n\n"]);
    const listen: Answer = (sent) => (header(sent, "last-event-id") === null ? no405(sent) : streamReply([]));
    const server = serve({ answers: { "tools/call": call, "GET /mcp": listen } });
    const client = bridge(server.url, { limits: { maxResumes: 3 } });
    await client.initialize();
    client.say(request(1, "tools/call"));
    expect((await client.answerTo(1)).error.data.reason).toBe("MCP_ANSWER_LOST");
    expect(server.of("GET").filter((sent) => sent.headers.has("last-event-id"))).toHaveLength(3);
  });

  test.each([
    ["a stream without ids", () => streamReply([encodeSseMessage(note(1))]), -31005, "MCP_ANSWER_LOST"],
    ["an answer to another request", (sent: SentMessage) => jsonReply({ ...sent, message: { id: 99 } }, {}), -31005, "MCP_ANSWER_LOST"],
    ["202", accepted, -31005, "MCP_UNANSWERED"],
    ["a page", () => new Response("<html>", { headers: { "content-type": "text/html" } }), -31005, "MCP_REPLY_TYPE"],
    ["what is no JSON", () => new Response("{", { headers: { "content-type": "application/json" } }), -31005, "MCP_ANSWER_LOST"],
    ["what is no JSON-RPC", () => Response.json({ ok: true }), -31005, "MCP_ANSWER_LOST"],
  ] as const)("is an error for its request: %s", async (_, call, code, reason) => {
    const client = bridge(serve({ answers: { "tools/call": call, "GET /mcp": no405 } }).url);
    await client.initialize();
    client.say(request(1, "tools/call"));
    expect((await client.answerTo(1)).error).toMatchObject({ code, data: { reason } });
    expect(client.messages.every(({ jsonrpc }) => jsonrpc === "2.0")).toBe(true);
  });
});

describe("what the server refuses", () => {
  const refusals: [string, Answer, object][] = [
    [
      "a refusal of the gateway",
      () => Response.json({ error: { code: "tool_denied", message: "no writing", trace_id: "t" } }, { status: 403 }),
      { code: -31003, message: "HTTP 403: tool_denied: no writing", data: { reason: "HTTP_403", status: 403 } },
    ],
    [
      "one that says to wait",
      () => Response.json({ error: { code: "rate_limited", message: "slowly" } }, { status: 429 }),
      { code: -31029, data: { status: 429 } },
    ],
    ["a page of a proxy", () => new Response("<html>", { status: 502 }), { code: -31005, message: "HTTP 502", data: { status: 502 } }],
    [
      "a JSON-RPC error",
      (sent) => new Response(errorReply(sent, -32000, "Bad").body, { status: 400, headers: { "content-type": "application/json" } }),
      { code: -32000, message: "Bad" },
    ],
    [
      "a JSON-RPC error without an id",
      () =>
        new Response('{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Bad"}}', {
          status: 400,
          headers: { "content-type": "application/json" },
        }),
      { code: -32600, message: "Bad" },
    ],
    [
      "a JSON-RPC error that names no request at all",
      () =>
        new Response('{"jsonrpc":"2.0","error":{"code":-32600,"message":"Bad"}}', {
          status: 400,
          headers: { "content-type": "application/json" },
        }),
      { code: -32600, message: "Bad" },
    ],
  ];
  test.each(refusals)("is the answer to the request: %s", async (_, call, error) => {
    const client = bridge(serve({ answers: { "tools/call": call, "GET /mcp": no405 } }).url);
    await client.initialize();
    client.say(request(1, "tools/call"));
    expect((await client.answerTo(1)).error).toMatchObject(error);
  });

  test("of a notification goes to the log alone", async () => {
    const roots: Answer = () => Response.json({ error: { code: "x", message: "not now" } }, { status: 503 });
    const client = bridge(serve({ answers: { "notifications/roots/list_changed": roots, "GET /mcp": no405 } }).url);
    await client.initialize();
    client.say({ jsonrpc: "2.0", method: "notifications/roots/list_changed" }, request(1, "tools/list"));
    await client.answerTo(1);
    expect(client.heard).toHaveLength(2);
    expect(client.log).toEqual([expect.stringMatching(/^notifications\/roots\/list_changed was not delivered: HTTP 503: x: not now/)]);
  });
});
