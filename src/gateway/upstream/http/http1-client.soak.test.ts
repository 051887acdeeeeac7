/** Thousands of requests leave what a few leave: connections that were needed, and nothing else. */
import { expect, jest, test } from "bun:test";
import { openClient } from "./http1-client.fixture.ts";
import { plainResponse, startRawHttpServer, until } from "./raw-http-server.fixture.ts";

const startEcho = () => startRawHttpServer({ onRequest: (connection, _, body) => connection.send(plainResponse(`got ${body}`)) });

/** A signal that counts who listens to it. */
function countedSignal() {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type: string, listener: EventListener) => {
    listeners.add(listener);
    addEventListener.call(signal, type, listener);
  };
  signal.removeEventListener = (type: string, listener: EventListener) => {
    listeners.delete(listener);
    removeEventListener.call(signal, type, listener);
  };
  return { signal, listeners };
}

test("2,000 requests one after another need one connection, and leave no listener", async () => {
  using server = startEcho();
  using http = openClient(server.url);
  const { signal, listeners } = countedSignal();
  for (let i = 0; i < 2000; i += 1) {
    const asked = http.ask(String(i), { signal });
    if (i === 7) expect(listeners.size).toBe(1);
    if ((await asked) !== `got ${i}`) throw new Error(`request ${i} has another's answer`);
  }
  expect(server).toMatchObject({ opened: 1, open: 1 });
  expect(listeners.size).toBe(0);
});

test.each([64, 16])("64 callers with 50 requests each need %d connections where so many are allowed", async (maxConnections) => {
  using server = startEcho();
  const http = openClient(server.url, { maxConnections });
  const { signal, listeners } = countedSignal();
  const caller = async (nth: number) => {
    for (let i = 0; i < 50; i += 1) {
      const body = `${nth}/${i}`;
      if ((await http.ask(body, { signal })) !== `got ${body}`) throw new Error(`request ${body} has another's answer`);
    }
  };
  jest.useFakeTimers();
  try {
    await Promise.all(Array.from({ length: 64 }, (_, nth) => caller(nth)));
    // The one that looks after idle connections is all there is to take back; other tests' timers are not ours to count.
    const before = jest.getTimerCount();
    http.client.close();
    expect(before - jest.getTimerCount()).toBe(1);
  } finally {
    jest.useRealTimers();
  }
  expect(server.opened).toBe(maxConnections);
  expect(listeners.size).toBe(0);
  await until(() => server.open === 0);
});
