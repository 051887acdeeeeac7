import { expect, test } from "bun:test";
import { parseBody } from "../../mcp/envelope.ts";
import { beginsWork } from "./begins-work.ts";

const REQUEST = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}';
const ANSWER = '{"jsonrpc":"2.0","id":1,"result":{}}';

test.each([
  ["a request", REQUEST, true],
  ["a batch with a request in it", `[${ANSWER},${REQUEST}]`, true],
  ["a notification", '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}', false],
  ["an answer to what a server asked", ANSWER, false],
  ["a batch of answers", `[${ANSWER}]`, false],
  ["a retry with the state of its call", '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"a","requestState":"s"}}', false],
  ["a state that is none", '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"a","requestState":1}}', true],
  ["what is no message", "{", false],
])("%s: begins something is %#", (_, body, begins) => {
  expect(beginsWork(parseBody(body))).toBe(begins);
});
