import { expect, test } from "bun:test";
import fc from "fast-check";
import type { LogChunk } from "../runtime.ts";
import { stdcopyFrames } from "./stdcopy-frames.ts";

function frame(kind: number, text: string): Uint8Array {
  const data = Buffer.from(text);
  const header = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size = bytes.length): Promise<Record<LogChunk["stream"], string>> {
  const said = { stdout: "", stderr: "" };
  for await (const { stream, data } of stdcopyFrames(inPieces(bytes, size))) said[stream] += Buffer.from(data).toString("latin1");
  return said;
}

test("frames come out the same in whatever pieces they come in", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string())), fc.integer({ min: 1, max: 20 }), async (frames, size) => {
      const bytes = Buffer.concat(frames.map(([kind, text]) => frame(kind, text)));
      const expected = (kind: number) =>
        frames.flatMap(([of, text]) => (of === kind ? [Buffer.from(text).toString("latin1")] : [])).join("");
      expect(await read(bytes, size)).toEqual({ stdout: expected(1), stderr: expected(2) });
    }),
  ));

test("a container with a terminal sends no frames", async () => {
  expect(await read(Buffer.from("hello from a terminal"), 3)).toEqual({ stdout: "hello from a terminal", stderr: "" });
  expect(await read(Buffer.from("hi"))).toEqual({ stdout: "hi", stderr: "" });
});

test("what ends within a frame, or is none after one, is an error", async () => {
  const whole = frame(1, "hello");
  await expect(read(whole.subarray(0, 10))).rejects.toMatchObject({ reason: "RUNTIME_FAILED" });
  await expect(read(Buffer.concat([whole, Buffer.from([1, 0, 0])]))).rejects.toMatchObject({ reason: "RUNTIME_FAILED" });
  await expect(read(Buffer.concat([whole, Buffer.from("XXXXXXXXXX")]))).rejects.toMatchObject({ reason: "RUNTIME_FAILED" });
});
