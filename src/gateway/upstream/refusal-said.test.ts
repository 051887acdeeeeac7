import { expect, test } from "bun:test";
import { hideSecrets } from "../server-log/hide-secrets.ts";
import { refusalSaid } from "./refusal-said.ts";

const shown = hideSecrets(["sk-0123456789"], 1000);
const refusal = (message: unknown) => ({ jsonrpc: "2.0", id: 0, error: { code: 1, message } });

test("a server's refusal is one line without the credentials that it has from us", () => {
  expect(refusalSaid(refusal("no such key:\n\u001b[31msk-0123456789"), shown)).toBe(": no such key: [31m[redacted]");
  expect(refusalSaid(refusal(`${"x".repeat(195)}sk-0123456789`), shown)).toBe(`: ${"x".repeat(195)}[reda…`);
});

test("where it says nothing there is nothing", () => {
  for (const message of [undefined, null, [], {}, { error: "no" }, refusal(undefined), refusal({ a: 1 })])
    expect(refusalSaid(message, shown)).toBe("");
});
