import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import fc from "fast-check";
import { ReceivedBody, WholeBody } from "./http1-body.ts";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A body whose connection only notes what it is told; an abort fails the body, as a connection does. */
function setup() {
  const told: string[] = [];
  const body: ReceivedBody = new ReceivedBody({
    pause: () => told.push("pause"),
    resume: () => told.push("resume"),
    abort() {
      told.push("abort");
      body.fail(new Error("closed"));
    },
  });
  return { body, told };
}

const bytes = (text: string) => Buffer.from(text);
const KIB = 1024;
const MIB = 1024 * KIB;

describe("text", () => {
  test("is all that came before and after it was asked for, and disturbs no socket", async () => {
    const { body, told } = setup();
    body.push(bytes("one "));
    const text = body.text(MIB);
    body.push(bytes("two"));
    body.finish();
    expect(await text).toBe("one two");
    expect(told).toEqual([]);
  });

  test("of a body that is whole already comes at once; of an empty one it is empty", async () => {
    const [full, empty] = [setup().body, setup().body];
    full.push(bytes("hello"));
    full.finish();
    empty.finish();
    expect(await full.text(MIB)).toBe("hello");
    expect(await empty.text(MIB)).toBe("");
  });

  test("keeps a character whole that was cut in two", async () => {
    const { body } = setup();
    const snowman = bytes("☃");
    body.push(snowman.subarray(0, 1));
    body.push(snowman.subarray(1));
    body.finish();
    expect(await body.text(MIB)).toBe("☃");
  });

  test("is a copy of what was pushed: the socket may use its buffer again", async () => {
    const { body } = setup();
    const buffer = bytes("good");
    body.push(buffer);
    buffer.fill(0);
    body.finish();
    expect(await body.text(MIB)).toBe("good");
  });

  test("larger than allowed throws and closes the connection", async () => {
    const { body, told } = setup();
    const text = body.text(10 * KIB);
    body.push(Buffer.alloc(10 * KIB));
    await expect(text).rejects.toMatchObject({ code: "exhausted", reason: "HTTP_BODY_TOO_LARGE" });
    expect(told).toEqual(["abort"]);
  });

  test("in many small pieces counts what each piece costs", async () => {
    const { body, told } = setup();
    const text = body.text(64 * KIB);
    for (let i = 0; i < KIB; i += 1) body.push(bytes("x"));
    await expect(text).rejects.toMatchObject({ reason: "HTTP_BODY_TOO_LARGE" });
    expect(told).toEqual(["abort"]);
  });

  test("that is too large and whole throws, and leaves the connection to the next response", async () => {
    const { body, told } = setup();
    body.push(Buffer.alloc(20 * KIB));
    body.finish();
    await expect(body.text(10 * KIB)).rejects.toMatchObject({ reason: "HTTP_BODY_TOO_LARGE" });
    expect(told).toEqual([]);
  });

  test("goes on with a socket that was paused before it was asked for", async () => {
    const { body, told } = setup();
    body.push(Buffer.alloc(2 * MIB, "x"));
    const text = body.text(8 * MIB);
    body.push(Buffer.alloc(2 * MIB, "x"));
    body.finish();
    expect(await text).toHaveLength(4 * MIB);
    expect(told).toEqual(["pause", "resume"]);
  });

  test("throws what broke the connection, before and after", async () => {
    const { body } = setup();
    const error = new Error("reset");
    const text = body.text(MIB);
    body.push(bytes("half"));
    body.fail(error);
    await expect(text).rejects.toBe(error);
    await expect(body.text(MIB)).rejects.toBe(error);
  });
});

describe("a slow reader", () => {
  test("pauses the socket beyond a mebibyte, and lets it go on when half of that is read", async () => {
    const { body, told } = setup();
    for (let i = 0; i < 20; i += 1) body.push(Buffer.alloc(64 * KIB));
    expect(told).toEqual(["pause"]);
    for (let i = 0; i < 12; i += 1) await body.next();
    expect(told).toEqual(["pause"]);
    await body.next();
    expect(told).toEqual(["pause", "resume"]);
    for (let i = 0; i < 7; i += 1) await body.next();
    expect(told).toEqual(["pause", "resume"]);
  });

  test("is not drowned in pieces of a byte", () => {
    const { body, told } = setup();
    for (let i = 0; i < 10 * KIB; i += 1) body.push(bytes("x"));
    expect(told).toEqual(["pause"]);
  });

  test("of a response that is whole leaves the socket to the next one", async () => {
    const { body, told } = setup();
    body.push(Buffer.alloc(2 * MIB));
    body.finish();
    expect(told).toEqual(["pause", "resume"]);
    await body.next();
    body.drop();
    expect(told).toEqual(["pause", "resume"]);
  });

  test("gets what came before the connection broke, then the error", async () => {
    const { body } = setup();
    body.push(bytes("a"));
    body.fail(new Error("reset"));
    expect(Buffer.from((await body.next()) ?? []).toString()).toBe("a");
    await expect(body.next()).rejects.toThrow("reset");
  });

  test("that waits is woken by a piece, by the end and by a failure", async () => {
    const [piece, end, failure] = [setup().body, setup().body, setup().body];
    const waits = [piece.next(), end.next(), failure.next()] as const;
    piece.push(bytes("x"));
    end.finish();
    failure.fail(new Error("reset"));
    expect(await waits[0]).toHaveLength(1);
    expect(await waits[1]).toBeUndefined();
    await expect(waits[2]).rejects.toThrow("reset");
  });
});

describe("a stream", () => {
  test("gives all pieces and closes", async () => {
    const { body } = setup();
    const text = new Response(body.stream()).text();
    body.push(bytes("one "));
    await Promise.resolve();
    body.push(bytes("two"));
    body.finish();
    expect(await text).toBe("one two");
  });

  test("fails as the connection does", async () => {
    const { body } = setup();
    const reader = body.stream().getReader();
    body.push(bytes("one"));
    expect((await reader.read()).done).toBe(false);
    body.fail(new Error("reset"));
    await expect(reader.read()).rejects.toThrow("reset");
  });

  test("takes nothing that nobody has asked for", () => {
    const { body, told } = setup();
    body.stream();
    body.push(Buffer.alloc(2 * MIB));
    expect(told).toEqual(["pause"]);
  });

  test("that is canceled while it waits drops the body", async () => {
    const { body, told } = setup();
    const reader = body.stream().getReader();
    const read = reader.read();
    await reader.cancel();
    expect((await read).done).toBe(true);
    jest.advanceTimersByTime(1000);
    expect(told).toEqual(["abort"]);
  });
});

describe("a body that is dropped", () => {
  test("lets a small rest by and keeps the connection", () => {
    const { body, told } = setup();
    body.drop();
    for (let i = 0; i < 6; i += 1) body.push(Buffer.alloc(10 * KIB));
    body.finish();
    jest.advanceTimersByTime(10_000);
    expect(told).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("does not count what was read or waited before", () => {
    const { body, told } = setup();
    body.push(Buffer.alloc(500 * KIB));
    body.drop();
    body.push(Buffer.alloc(60 * KIB));
    expect(told).toEqual([]);
  });

  test.each([
    ["large", 7, 10 * KIB],
    ["in many pieces", 600, 1],
  ])("closes the connection when the rest is %s", (_, pieces, size) => {
    const { body, told } = setup();
    body.drop();
    for (let i = 0; i < pieces; i += 1) body.push(Buffer.alloc(size));
    expect(told).toEqual(["abort"]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("closes the connection when the rest does not come within a second", () => {
    const { body, told } = setup();
    body.drop();
    jest.advanceTimersByTime(999);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told).toEqual(["abort"]);
  });

  test("lets the socket go on that a slow reader paused", () => {
    const { body, told } = setup();
    body.push(Buffer.alloc(2 * MIB));
    body.drop();
    expect(told).toEqual(["pause", "resume"]);
  });

  test("twice, after its end or after a failure leaves no timer", () => {
    const [twice, whole, failed] = [setup().body, setup().body, setup().body];
    twice.drop();
    twice.drop();
    twice.finish();
    whole.finish();
    whole.drop();
    failed.drop();
    failed.fail(new Error("reset"));
    failed.drop();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe("however a body is kept", () => {
  const NOBODY = { pause: () => {}, resume: () => {}, abort: () => {} };

  /** The same body as it is kept in parts, gathered, and come with its head; what was pushed is written over. */
  function kept(whole: Buffer, cuts: readonly number[]) {
    const at = [...new Set([0, ...cuts.filter((cut) => cut < whole.length), whole.length])].sort((a, b) => a - b);
    const bodies = [new ReceivedBody(NOBODY), new ReceivedBody(NOBODY, whole.length)];
    for (const body of bodies) {
      for (let i = 1; i < at.length; i += 1) {
        const piece = Buffer.from(whole.subarray(at[i - 1], at[i]));
        body.push(piece);
        piece.fill(0);
      }
      body.finish();
    }
    const buffer = Buffer.concat([bytes("head"), whole, bytes("more")]);
    return [...bodies, new WholeBody(buffer, 4, 4 + whole.length)];
  }

  const bodies = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.array(fc.nat(39), { maxLength: 4 }));

  test("its bytes are those that came: in one piece, piece by piece, and as a stream", async () => {
    await fc.assert(
      fc.asyncProperty(bodies, async ([content, cuts]) => {
        const whole = Buffer.from(content);
        for (const body of kept(whole, cuts)) expect(Buffer.from(await body.bytes(MIB))).toEqual(whole);
        for (const body of kept(whole, cuts)) expect(Buffer.from(await new Response(body.stream()).bytes())).toEqual(whole);
        for (const body of kept(whole, cuts)) {
          const parts: Uint8Array[] = [];
          for (let part = await body.next(); part !== undefined; part = await body.next()) parts.push(part);
          expect(Buffer.concat(parts)).toEqual(whole);
        }
      }),
    );
  });

  test("its text is the same, at once or later, and is taken once", async () => {
    await fc.assert(
      fc.asyncProperty(bodies, async ([content, cuts]) => {
        const whole = Buffer.from(content);
        const text = whole.toString("utf8");
        for (const body of kept(whole, cuts)) expect(await body.text(MIB)).toBe(text);
        const [, gathered, come] = kept(whole, cuts);
        for (const body of [gathered, come]) {
          expect(body?.textNow(() => false)).toBeUndefined();
          expect(body?.textNow((found) => found === text)).toBe(text);
          expect(await body?.next()).toBeUndefined();
        }
      }),
    );
  });

  test("one that takes more than it may is refused", async () => {
    for (const body of kept(Buffer.alloc(1000, 97), [500])) {
      await expect(body.bytes(999)).rejects.toMatchObject({ code: "exhausted", reason: "HTTP_BODY_TOO_LARGE" });
    }
  });
});

test("a large one that came with its head is not copied", async () => {
  const buffer = Buffer.alloc(4 + 100_000, 97);
  expect((await new WholeBody(buffer, 4, buffer.length).bytes(MIB)).buffer).toBe(buffer.buffer);
});

test("a gathered one is read while it comes", async () => {
  const body = new ReceivedBody({ pause: () => {}, resume: () => {}, abort: () => {} }, 6);
  body.push(bytes("one"));
  expect(Buffer.from((await body.next()) ?? []).toString()).toBe("one");
  body.push(bytes("tw"));
  body.push(bytes("o"));
  body.finish();
  expect(Buffer.from((await body.next()) ?? []).toString()).toBe("two");
  expect(await body.next()).toBeUndefined();
});
