import { expect, test } from "bun:test";
import { readBody } from "./read-body.ts";

const LIMITS = { maxBytes: 2048, timeoutMs: 60_000 };

/** A body that comes in these pieces; then it stays open. `read` counts the pieces that were asked for. */
function stream(pieces: readonly string[]) {
  const state = { read: 0, canceled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[state.read];
        state.read += 1;
        if (piece === undefined) return new Promise(() => {});
        controller.enqueue(new TextEncoder().encode(piece));
        return undefined;
      },
      cancel() {
        state.canceled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, request: new Request("http://localhost/", { method: "POST", body }) };
}

const post = (body?: string) => new Request("http://localhost/", { method: "POST", ...(body === undefined ? {} : { body }) });

test("a body is read whole, up to the limit", async () => {
  expect(await readBody(post("é"), LIMITS)).toBe("é");
  expect(await readBody(post("x".repeat(2048)), LIMITS)).toHaveLength(2048);
  expect(await readBody(post(), LIMITS)).toBe("");
});

test("one that says that it is too large is not read, and one that does not say so no further than that", async () => {
  const said = new Request("http://localhost/", { method: "POST", body: "x", headers: { "content-length": "2049" } });
  const tooLarge = { code: "exhausted", reason: "BODY_TOO_LARGE" };
  await expect(readBody(said, LIMITS)).rejects.toMatchObject(tooLarge);
  const { state, request } = stream(Array(1000).fill("x".repeat(1024)));
  await expect(readBody(request, LIMITS)).rejects.toMatchObject(tooLarge);
  expect(state.read).toBeLessThan(10);
});

test("one that does not end is given up when its time is over", async () => {
  const { request } = stream(["{"]);
  await expect(readBody(request, { ...LIMITS, timeoutMs: 1 })).rejects.toMatchObject({ code: "deadline", reason: "BODY_TOO_SLOW" });
});
