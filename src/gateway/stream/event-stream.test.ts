import { describe, expect, test } from "bun:test";
import type { OutgoingEvent } from "../../mcp/sse.ts";
import { waitUntil } from "../wait-until.fixture.ts";
import type { EventSink } from "./event-sink.ts";
import { EventStream, type EventStreamOptions } from "./event-stream.ts";
import { SharedRoom } from "./shared-room.ts";
import { STREAM_LIMITS, type StreamSettings, streamSettings } from "./stream-settings.ts";

class Reader implements EventSink {
  readonly events: OutgoingEvent[] = [];
  closed = false;

  send(event: OutgoingEvent): void {
    if (!this.closed) this.events.push(event);
  }

  close(): void {
    this.closed = true;
  }

  /** What it got, less the events that only say where it is. */
  get data(): string[] {
    return this.events.map(({ data }) => data).filter((data) => data !== "");
  }
}

function setup(settings: Partial<StreamSettings> = {}, options: Partial<EventStreamOptions> = {}) {
  const room = new SharedRoom(1000);
  const left: string[] = [];
  const policy = { heartbeatSeconds: 15, maxSeconds: 3600, abortOnDisconnect: true };
  const all = { ...streamSettings(STREAM_LIMITS, policy), graceMs: 60_000, ...settings };
  const stream = new EventStream({ idPrefix: "me.c1.", settings: all, room, onLeft: () => left.push("left"), ...options });
  return { stream, room, left };
}

function comeBack(stream: EventStream, after: number) {
  const resumed = stream.resume(after);
  if (typeof resumed !== "function") return resumed;
  const reader = new Reader();
  const reading = resumed(reader);
  return { reader, reading };
}

describe("a stream that can be resumed", () => {
  test("begins with an event that has an id, a time to wait and no data, then each message has the next id", () => {
    const { stream } = setup({ retryMs: 7 });
    stream.say("a");
    const reader = new Reader();
    stream.open(reader);
    stream.say("b");
    stream.finish("c");
    expect(reader.events).toEqual([
      { data: "", id: "me.c1.0", retryMs: 7 },
      { data: "a", id: "me.c1.1" },
      { data: "b", id: "me.c1.2" },
      { data: "c", id: "me.c1.3" },
    ]);
    expect(reader.closed).toBe(true);
  });

  test("gives a reader that comes back what it has not seen, and goes on", () => {
    const { stream, left } = setup();
    const first = new Reader();
    const reading = stream.open(first);
    for (const message of ["a", "b", "c"]) stream.say(message);
    reading.onGone();
    stream.say("d");
    const back = comeBack(stream, 1);
    if (typeof back !== "object") throw new Error("it must be resumable");
    expect(back.reader.data).toEqual(["b", "c", "d"]);
    stream.finish("e");
    expect(back.reader.data).toEqual(["b", "c", "d", "e"]);
    expect(first.data).toEqual(["a", "b", "c"]);
    expect(left).toEqual([]);
  });

  test("ends the connection that its reader has left without a word, and does not take its end for the reader's", () => {
    const { stream } = setup();
    const first = new Reader();
    const reading = stream.open(first);
    const back = comeBack(stream, 0);
    expect(first.closed).toBe(true);
    reading.onGone();
    stream.say("a");
    expect((back as { reader: Reader }).reader.data).toEqual(["a"]);
  });

  test("keeps its last messages for a reader that was away at the end, and then has nothing left", () => {
    const { stream } = setup();
    stream.open(new Reader()).onGone();
    stream.finish("a");
    expect((comeBack(stream, 0) as { reader: Reader }).reader).toMatchObject({ data: ["a"], closed: true });
    expect(comeBack(stream, 1)).toBe("nothing left");
    expect(comeBack(stream, 2)).toBeUndefined();
  });

  test("is left when nobody came back within the grace, and then gives back its room", async () => {
    const { stream, left, room } = setup({ graceMs: 1 });
    const reading = stream.open(new Reader());
    stream.say("a");
    expect(room.taken).toBe(1);
    reading.onGone();
    await waitUntil(() => left.length > 0);
    expect(comeBack(stream, 0)).toBeUndefined();
    expect(room.taken).toBe(0);
  });

  test("asks its reader to come back where the server does, or where its time is up, and is not finished by that", () => {
    for (const end of ["poll", "time"]) {
      const { stream, left } = setup({ retryMs: 9 });
      const reader = new Reader();
      const reading = stream.open(reader);
      stream.say("a");
      if (end === "poll") stream.poll(50);
      else reading.onTimeUp();
      expect(reader.events.at(-1)).toEqual({ data: "", id: "me.c1.1", retryMs: end === "poll" ? 50 : 9 });
      expect({ closed: reader.closed, left }).toEqual({ closed: true, left: [] });
      stream.finish("b");
      expect((comeBack(stream, 1) as { reader: Reader }).reader.data).toEqual(["b"]);
    }
  });

  test("forgets its oldest messages over its limits, and is gone for a reader that would miss the answer", () => {
    const { stream } = setup({ maxKeptMessages: 2, maxKeptChars: 6 });
    stream.open(new Reader()).onGone();
    for (const message of ["a", "b", "c"]) stream.say(message);
    expect((comeBack(stream, 0) as { reader: Reader }).reader.data).toEqual(["b", "c"]);
    stream.say("1234");
    expect((comeBack(stream, 0) as { reader: Reader }).reader.data).toEqual(["c", "1234"]);
    stream.finish("1234567");
    expect(comeBack(stream, 0)).toBeUndefined();
  });

  test("keeps nothing where all streams together keep too much", () => {
    const { stream, room } = setup();
    room.take(999);
    stream.open(new Reader()).onGone();
    stream.say("a");
    stream.say("bc");
    expect((comeBack(stream, 0) as { reader: Reader }).reader.data).toEqual(["a"]);
    stream.close();
    expect(room.taken).toBe(999);
  });
});

describe("a stream that cannot be resumed", () => {
  const plain = { idPrefix: undefined };

  test("has no ids, keeps what is said before its reader comes and nothing after that", () => {
    const { stream, room, left } = setup({ maxKeptMessages: 2 }, plain);
    for (const message of ["a", "b", "c"]) stream.say(message);
    const reader = new Reader();
    stream.open(reader);
    stream.finish("d");
    expect(reader.events).toEqual([{ data: "b" }, { data: "c" }, { data: "d" }]);
    expect({ left, taken: room.taken, closed: reader.closed }).toEqual({ left: ["left"], taken: 0, closed: true });
  });

  test("is left with its reader, once", () => {
    const { stream, left } = setup({}, plain);
    const reading = stream.open(new Reader());
    reading.onGone();
    stream.say("a");
    stream.finish("b");
    stream.close();
    expect(left).toEqual(["left"]);
    expect(comeBack(stream, 0)).toBeUndefined();
  });

  test("says what there is to say when its time is up, and closes", () => {
    const { stream } = setup({}, { ...plain, onTimeUp: () => stream.finish("too long") });
    const reader = new Reader();
    stream.open(reader).onTimeUp();
    expect(reader).toMatchObject({ data: ["too long"], closed: true });
    const silent = setup({}, plain).stream;
    const other = new Reader();
    silent.open(other).onTimeUp();
    expect(other).toMatchObject({ data: [], closed: true });
  });

  test("is not asked to poll", () => {
    const { stream } = setup({}, plain);
    const reader = new Reader();
    stream.open(reader);
    stream.poll();
    expect(reader.closed).toBe(false);
  });
});
