import { describe, expect, test } from "bun:test";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import fc from "fast-check";
import { type NotificationEnvelope, parseBody, type RequestEnvelope } from "../../envelope.ts";
import { checkModernMessage } from "./check-request.ts";
import { encodeHeaderValue } from "./header-value.ts";

const NEW = "2026-07-28";
const PREFIX = "io.modelcontextprotocol/";
const meta = (more: object = {}) => ({ [`${PREFIX}protocolVersion`]: NEW, [`${PREFIX}clientCapabilities`]: {}, ...more });

interface Row {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly params?: object;
}

const list = (headers: Record<string, string>, _meta: unknown = meta()): Row => ({ headers, params: { _meta } });
const call = (headers: Record<string, string>, name: unknown = "echo"): Row => ({
  headers: { "mcp-protocol-version": NEW, "mcp-method": "tools/call", ...headers },
  method: "tools/call",
  params: { name, arguments: {}, _meta: meta() },
});
const BOTH = { "mcp-protocol-version": NEW, "mcp-method": "tools/list" };
const without = (key: string) => Object.fromEntries(Object.entries(meta()).filter(([name]) => name !== PREFIX + key));

/** What is wrong, the request, and the code of the error; undefined where nothing is. */
const ROWS: readonly (readonly [string, Row, number | undefined])[] = [
  ["nothing", list(BOTH), undefined],
  ["nothing, headers with space around them", list({ "mcp-protocol-version": ` ${NEW}\t`, "mcp-method": " tools/list" }), undefined],
  ["no headers at all", list({}), -32020],
  ["no MCP-Protocol-Version", list({ "mcp-method": "tools/list" }), -32020],
  ["no Mcp-Method", list({ "mcp-protocol-version": NEW }), -32020],
  ["another version in the header", list({ ...BOTH, "mcp-protocol-version": "2025-11-25" }), -32020],
  ["another method in the header", list({ ...BOTH, "mcp-method": "tools/call" }), -32020],
  ["another case in the header", list({ ...BOTH, "mcp-method": "Tools/List" }), -32020],
  ["a modern header and no _meta", { headers: BOTH, params: {} }, -32602],
  ["a modern header and no params", { headers: BOTH }, -32602],
  ["a modern header and other metadata", list(BOTH, { progressToken: 1 }), -32602],
  ["no clientCapabilities", list(BOTH, without("clientCapabilities")), -32602],
  ["clientCapabilities that are no object", list(BOTH, meta({ [`${PREFIX}clientCapabilities`]: [] })), -32602],
  ["a capability that is no object", list(BOTH, meta({ [`${PREFIX}clientCapabilities`]: { sampling: true } })), -32602],
  ["clientInfo without a version", list(BOTH, meta({ [`${PREFIX}clientInfo`]: { name: "x" } })), -32602],
  ["a log level that nobody knows", list(BOTH, meta({ [`${PREFIX}logLevel`]: "loud" })), -32602],
  ["a progress token of another type", list(BOTH, meta({ progressToken: {} })), -32600],
  ["a version that is no text", list(BOTH, meta({ [`${PREFIX}protocolVersion`]: 7 })), -32602],
  ["bad metadata comes before bad headers", list({}, without("clientCapabilities")), -32602],
  [
    "a version that is not spoken",
    list({ ...BOTH, "mcp-protocol-version": "2099-01-01" }, meta({ [`${PREFIX}protocolVersion`]: "2099-01-01" })),
    -32022,
  ],
  ["a version that is not spoken, and no header", list({}, meta({ [`${PREFIX}protocolVersion`]: "2099-01-01" })), -32022],
  ["no Mcp-Name", call({}), -32020],
  ["another name in the header", call({ "mcp-name": "other" }), -32020],
  ["the name, encoded", call({ "mcp-name": "=?base64?ZWNobw==?=" }), undefined],
  ["a name that is no valid encoding", call({ "mcp-name": "=?base64?ZWNo?=" }), -32020],
  ["an encoding that is no UTF-8", call({ "mcp-name": "=?base64?gA==?=" }), -32020],
];

const messageOf = ({ method = "tools/list", params }: Row) => ({
  jsonrpc: "2.0",
  id: 1,
  method,
  ...(params === undefined ? {} : { params }),
});

function check(row: Row) {
  return checkModernMessage(new Headers(row.headers), parseBody(JSON.stringify(messageOf(row))) as RequestEnvelope);
}

/** The same from a handler of the SDK. */
async function askSdk(row: Row): Promise<{ status: number; code: number | undefined }> {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: "oracle", version: "1" });
    server.registerTool("echo", {}, () => ({ content: [] }));
    return server;
  });
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream", ...row.headers };
  const response = await handler.fetch(new Request("http://x/mcp", { method: "POST", headers, body: JSON.stringify(messageOf(row)) }));
  const body = (await response.json()) as { error?: { code: number } };
  return { status: response.status, code: body.error?.code };
}

describe("a modern request with", () => {
  test.each(ROWS)("%s", async (_, row, code) => {
    expect(check(row)?.code).toBe(code);
    expect(await askSdk(row)).toEqual({ status: code === undefined ? 200 : 400, code });
  });
});

test("a revision that is not spoken is told those that are, and which was asked for", () => {
  const row = list({}, meta({ [`${PREFIX}protocolVersion`]: `2099${"9".repeat(500)}` }));
  expect(check(row)?.data).toEqual({ supported: [NEW], requested: `2099${"9".repeat(196)}` });
});

test("a name that is no text is for whoever reads the params", () => {
  for (const name of [7, null, {}]) expect(check(call({}, name))).toBeUndefined();
});

test("any name agrees with its own header, and with no other one's", () => {
  const name = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(name, name, (one, other) => {
      expect(check(call({ "mcp-name": encodeHeaderValue(one) }, one))).toBeUndefined();
      expect(check(call({ "mcp-name": encodeHeaderValue(one) }, other))?.code).toBe(one === other ? undefined : -32020);
    }),
  );
});

describe("a notification", () => {
  const notice = (params: object | undefined, headers: Record<string, string>) => {
    const text = JSON.stringify({ jsonrpc: "2.0", method: "notifications/x", ...(params === undefined ? {} : { params }) });
    return checkModernMessage(new Headers(headers), parseBody(text) as NotificationEnvelope)?.code;
  };

  test.each([
    ["that says nothing of itself is fine", undefined, { "mcp-protocol-version": NEW }, undefined],
    ["that claims its revision is fine without headers", { _meta: meta() }, {}, undefined],
    ["may not claim what its header denies", { _meta: meta() }, { "mcp-protocol-version": "2025-11-25" }, -32020],
    ["may not have the method of another", undefined, { "mcp-protocol-version": NEW, "mcp-method": "notifications/y" }, -32020],
    ["of a revision that is not spoken is refused", { _meta: meta({ [`${PREFIX}protocolVersion`]: "2099-01-01" }) }, {}, -32022],
    ["may not claim what is no text", { _meta: meta({ [`${PREFIX}protocolVersion`]: 7 }) }, {}, -32602],
  ])("%s", (_, params, headers, code) => {
    expect(notice(params, headers)).toBe(code);
  });
});
