import { expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { type ClientRequest, parseClientLine } from "./client-line.ts";
import { Exchange, InFlight } from "./in-flight.ts";

const lineOf = (value: unknown) => parseClientLine(JSON.stringify(value)) as ClientRequest;
const call = (id: unknown) => lineOf({ jsonrpc: "2.0", id, method: "tools/call" });

test("what was answered makes room again, in number and in size", () => {
  const one = call(1);
  const inFlight = new InFlight({ maxInFlight: 1, maxInFlightUnits: one.text.length });
  for (let round = 0; round < 100; round += 1) {
    expect(inFlight.begin(one)).toBeInstanceOf(Exchange);
    expect(inFlight.begin(call(2))).toMatchObject({ reason: "BRIDGE_BUSY" });
    expect(inFlight.settle("1")).toBe("1");
  }
  expect(inFlight.exchanges().size).toBe(0);
});

test("an id is free when its own request is answered, one id however it is written, and a number is no text", () => {
  const inFlight = new InFlight({ maxInFlight: 10, maxInFlightUnits: 1000 });
  expect(inFlight.begin(parseClientLine('{"jsonrpc":"2.0","id":1.0,"method":"x"}') as ClientRequest)).toBeInstanceOf(Exchange);
  expect(inFlight.begin(call(1))).toMatchObject({ reason: "ID_IN_USE" });
  expect(inFlight.begin(call("1"))).toBeInstanceOf(Exchange);
  expect([inFlight.settle("1"), inFlight.settle("1"), inFlight.settle('"1"'), inFlight.settle("7")]).toEqual([
    "1.0",
    undefined,
    '"1"',
    undefined,
  ]);
});

test("a batch is done when the last of its requests is answered", () => {
  const inFlight = new InFlight({ maxInFlight: 10, maxInFlightUnits: 1000 });
  const batch = inFlight.begin(lineOf([1, 2].map((id) => ({ jsonrpc: "2.0", id, method: "x" }))));
  if (batch instanceof AppError) throw batch;
  inFlight.settle("2");
  expect([batch.done, [...inFlight.exchanges()]]).toEqual([false, [batch]]);
  inFlight.settle("1");
  expect([batch.done, [...inFlight.exchanges()]]).toEqual([true, []]);
});
