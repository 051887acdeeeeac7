import { expect, test } from "bun:test";
import { ToolHeaders } from "./tool-headers.ts";

const region = { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" } } };
const list = (tools: readonly object[], more = {}) => JSON.stringify({ jsonrpc: "2.0", id: 1, result: { tools, ...more } });

test("a listed tool's arguments go into its headers, until the first page of another list has no such tool", () => {
  const tools = new ToolHeaders();
  expect(tools.of("a", { region: "eu" })).toEqual({});
  tools.take(list([{ name: "a", inputSchema: region }]), true);
  tools.take(list([{ name: "b", inputSchema: region }]), false);
  expect([tools.of("a", { region: "eu" }), tools.of("b", { region: "us" }), tools.of("c", { region: "x" }), tools.of(7, {})]).toEqual([
    { "mcp-param-region": "eu" },
    { "mcp-param-region": "us" },
    {},
    {},
  ]);
  tools.take(list([{ name: "b" }]), true);
  expect([tools.of("a", { region: "eu" }), tools.of("b", { region: "us" })]).toEqual([{}, {}]);
});

test("a tool with a wrong declaration is cut out of the list, and told of; all else keeps its bytes", () => {
  const left: string[] = [];
  const tools = new ToolHeaders((tool, fault) => left.push(`${tool}: ${fault}`));
  const text = (elements: string) => `{ "result":{"n":1.0,"tools":${elements},"more":"\\u00e4"},"jsonrpc":"2.0","id":1 }`;
  const bad = '{"name":"b","inputSchema":{"x-mcp-\\u0068eader":"A"}}';
  expect(tools.take(text(`[ {"name":"a", "n":1.0} , ${bad},{"name":"c"}]`), true)).toBe(text('[{"name":"a", "n":1.0},{"name":"c"}]'));
  expect(left).toEqual([expect.stringMatching(/^b: x-mcp-header at the schema itself/)]);
});

test("an answer that is no list passes as it is", () => {
  const tools = new ToolHeaders();
  for (const answer of [
    '{"jsonrpc":"2.0","id":1,"error":{"message":"x-mcp-header"}}',
    '{"id":1,"result":{"tools":{"x-mcp-header":1}}}',
    list(["x-mcp-header" as never]),
  ]) {
    expect(tools.take(answer, true)).toBe(answer);
  }
});

test("no more than a bounded number of tools is remembered, the latest of them", () => {
  const tools = new ToolHeaders();
  for (let page = 0; page < 11; page += 1) {
    const names = Array.from({ length: 1000 }, (_, n) => ({ name: `t${page * 1000 + n}`, inputSchema: region }));
    tools.take(list(names), page === 0);
  }
  expect(tools.of("t999", { region: "eu" })).toEqual({});
  expect(tools.of("t10999", { region: "eu" })).toEqual({ "mcp-param-region": "eu" });
});
