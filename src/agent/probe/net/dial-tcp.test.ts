import { expect, test } from "bun:test";
import { dialTcp } from "./dial-tcp.ts";

test("a port that takes connections is told from one that nothing listens at", async () => {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const endpoint = { host: "127.0.0.1", port: server.port };
  const never = new AbortController().signal;
  expect(await dialTcp(endpoint, never)).toEqual({ ok: true, detail: `port ${server.port} takes connections` });
  server.stop(true);
  expect(await dialTcp(endpoint, never)).toEqual({
    ok: false,
    reason: `port ${server.port} at 127.0.0.1 is closed: nothing listens there`,
  });
});

test("the signal ends it", async () => {
  await expect(dialTcp({ host: "127.0.0.1", port: 9 }, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
});
