import { expect, test } from "bun:test";
import { acceptedForms } from "./accepted-forms.ts";
import { decideStreaming } from "./decide-streaming.ts";

const ON = { enabled: true, heartbeatSeconds: 15, maxSeconds: 3600, abortOnDisconnect: true };
const OFF = { ...ON, enabled: false };

test.each([
  [null, true, false],
  ["*/*", true, false],
  ["", true, false],
  ["text/html", true, false],
  ["application/json", true, false],
  ["application/json, text/event-stream", true, true],
  ["text/event-stream,application/json;q=0.5", true, true],
  ["TEXT/Event-Stream", false, true],
  ["text/event-stream", false, true],
  ["text/event-stream;q=0.5, */*;q=0", false, true],
  ["text/event-stream;q=0, application/json", true, false],
  ["text/event-stream; q=0.0", true, false],
  ["x".repeat(5000), true, false],
])("Accept %p takes JSON: %p, a stream: %p", (accept, json, stream) => {
  expect(acceptedForms(accept)).toEqual({ json, stream });
});

function form(policy: typeof ON, own: Parameters<typeof decideStreaming>[1], accept: string | null): string {
  const streaming = decideStreaming(policy, own, acceptedForms(accept));
  return streaming === "refused" ? streaming : streaming.form;
}

test("where streams are on, a client gets the form that it takes", () => {
  expect(form(ON, undefined, "application/json, text/event-stream")).toBe("either");
  expect(form(ON, undefined, "text/event-stream")).toBe("stream");
  for (const accept of [null, "*/*", "application/json"]) expect(form(ON, undefined, accept)).toBe("json");
});

test("where streams are off, who takes JSON too gets that, and who does not is refused", () => {
  expect(form(OFF, undefined, "application/json, text/event-stream")).toBe("json");
  expect(form(OFF, undefined, "text/event-stream")).toBe("refused");
  expect(form(OFF, undefined, null)).toBe("json");
});

test("a server's own switch comes first, in either direction", () => {
  expect(form(ON, { enabled: false }, "text/event-stream")).toBe("refused");
  expect(form(OFF, { enabled: true }, "text/event-stream")).toBe("stream");
  expect(form(ON, {}, "text/event-stream")).toBe("stream");
});

test("a server's own terms take the place of the installation's, each by itself", () => {
  const both = acceptedForms("text/event-stream");
  expect(decideStreaming(ON, { heartbeatSeconds: 2 }, both)).toMatchObject({
    terms: { heartbeatSeconds: 2, maxSeconds: 3600, abortOnDisconnect: true },
  });
  expect(decideStreaming(ON, { maxSeconds: 9, abortOnDisconnect: false }, both)).toMatchObject({
    terms: { heartbeatSeconds: 15, maxSeconds: 9, abortOnDisconnect: false },
  });
});
