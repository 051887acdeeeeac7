import { expect, test } from "bun:test";
import { errorMessage, resultMessage } from "../../mcp/json-rpc.ts";
import { answerVerdict, ownAnswerVerdict } from "./answer-verdict.ts";

const ok = { outcome: "ok" } as const;
const failed = (code: string) => ({ outcome: "failed", code }) as const;

test.each([
  ["a result", '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}', ok],
  ["a result that says it is no error", '{"jsonrpc":"2.0","id":1,"result":{"isError":false}}', ok],
  ["a result whose text holds the words", JSON.stringify({ id: 1, result: { content: [{ text: '"isError":true "error"' }] } }), ok],
  ["a result with an error of its own inside", '{"id":1,"result":{"structuredContent":{"error":{"code":1},"isError":true}}}', ok],
  ["a tool that failed", '{"jsonrpc":"2.0","id":1,"result":{"isError" : true}}', failed("tool_error")],
  ["an error", '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}', failed("-32602")],
  ["an error with a reason", '{"error":{"code":-31005,"data":{"reason":"UPSTREAM_LOST"}},"id":1}', failed("UPSTREAM_LOST")],
  ["what is no JSON", 'oops "error"', ok],
])("%s", (_, text, verdict) => {
  expect(answerVerdict(text)).toEqual(verdict);
  expect(answerVerdict(new TextEncoder().encode(text))).toEqual(verdict);
});

test("an answer that passes as a stream is not read", () => {
  expect(answerVerdict(new Blob(['{"id":1,"error":{"code":1}}']).stream())).toEqual(ok);
});

test("an answer of our own is told by its beginning, whatever its id", () => {
  for (const idText of ["1", '"a long id with \\"error\\""', "-7"]) {
    expect(ownAnswerVerdict(errorMessage(idText, { code: -32601, message: "no" }), idText)).toEqual(failed("-32601"));
    expect(ownAnswerVerdict(resultMessage(idText, '{"tools":[{"name":"error","isError":true}]}'), idText)).toEqual(ok);
  }
});
