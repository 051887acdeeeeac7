import { expect, test } from "bun:test";
import { resultMessage } from "./json-rpc.ts";
import { SharedResult } from "./shared-result.ts";

const RESULT = '{"tools":[{"name":"grüße ☃"}]}';

test.each(["7", '"seven"', '"é☃😀"', "null"])("with the id %s it is the message that text would be", (idText) => {
  const wanted = resultMessage(idText, RESULT);
  const shared = new SharedResult(idText, Buffer.from(RESULT));
  expect(shared.text()).toBe(wanted);
  expect(Buffer.from(shared.bytes()).toString()).toBe(wanted);
  expect(shared.byteLength).toBe(Buffer.byteLength(wanted));
  expect(shared.parts.map((part) => (typeof part === "string" ? part : Buffer.from(part).toString())).join("")).toBe(wanted);
});

test("the result itself is not copied, what is asked for as bytes is", () => {
  const result = Buffer.from(RESULT);
  const shared = new SharedResult("1", result);
  expect(shared.parts[1]).toBe(result);
  shared.bytes().fill(0);
  expect(shared.text()).toBe(resultMessage("1", RESULT));
});
