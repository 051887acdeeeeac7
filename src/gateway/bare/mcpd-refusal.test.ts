import { expect, test } from "bun:test";
import { mcpdRefusal } from "./mcpd-refusal.ts";

const body = (message: string) => JSON.stringify({ error: { code: "any", message, trace_id: "1" } });

test("a refusal of mcpd is passed on as what it means, in mcpd's words", () => {
  expect(mcpdRefusal(403, body("Token t may not run servers/files"))).toMatchObject({
    code: "denied",
    message: "Token t may not run servers/files",
  });
  expect(mcpdRefusal(401, body("Invalid token"))).toMatchObject({ code: "unauthenticated" });
  expect(mcpdRefusal(429, body("too many"))).toMatchObject({ reason: "UPSTREAM_BUSY" });
  expect(mcpdRefusal(503, body("Server files is away"))).toMatchObject({ code: "unavailable", reason: "UPSTREAM_UNAVAILABLE" });
});

test("what mcpd does not send means nothing", () => {
  for (const text of ["", "no json", "null", "{}", '{"error":"text"}', '{"error":{"message":1}}'])
    expect(mcpdRefusal(403, text)).toBeUndefined();
  expect(mcpdRefusal(502, body("Bad Gateway"))).toBeUndefined();
});
