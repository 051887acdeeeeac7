import { expect, test } from "bun:test";
import { PodmanService, type ServiceProcess } from "./podman-service.ts";

/** A machine on which processes start and answer as the test says; waiting takes no time. */
function setup() {
  const machine = { answers: true, canStart: true, ignoresTerm: false, bytes: 60 << 20, waited: [] as number[], pings: 0, stopAfter: 200 };
  const started: { readonly process: ServiceProcess; readonly signals: string[]; end: () => void }[] = [];
  const states: string[] = [];
  const service = new PodmanService({
    spawn: async () => {
      if (!machine.canStart) throw new Error("podman is not there");
      const { promise: exited, resolve: end } = Promise.withResolvers<void>();
      const signals: string[] = [];
      const kill = (signal: string) => {
        signals.push(signal);
        if (signal === "SIGKILL" || !machine.ignoresTerm) end();
      };
      const process = { pid: 100 + started.length, exited, lastWords: () => "", kill };
      started.push({ process, signals, end });
      return process;
    },
    ping: async () => {
      machine.pings += 1;
      if (!machine.answers) throw new Error("no answer");
    },
    residentBytes: async () => machine.bytes,
    random: () => 0,
    wait: async (ms) => {
      machine.waited.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
    onState: (state, detail) => states.push(`${state} ${detail}`.trim()),
  });
  return { machine, started, states, service };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !isSo(); turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(isSo()).toBe(true);
}

test("it is up when it answers, and stays the same process while it does", async () => {
  const { machine, started, service } = setup();
  service.start();
  expect(await service.untilUp(60_000)).toBe(true);
  await until(() => machine.pings > 20);
  expect(started).toHaveLength(1);
  await service.stop();
  expect(started[0]?.signals).toEqual(["SIGTERM"]);
  expect(service.state).toBe("stopped");
});

test("one that ends is started anew", async () => {
  const { started, states, service } = setup();
  service.start();
  await service.untilUp(60_000);
  started[0]?.end();
  await until(() => started.length === 2 && service.state === "up");
  expect(states.slice(0, 5)).toEqual(["starting", "up process 100", "waiting it ended", "starting", "up process 101"]);
  await service.stop();
});

test("one that does not answer three times in a row is ended, by force where it has to be, and replaced", async () => {
  const { machine, started, states, service } = setup();
  service.start();
  await service.untilUp(60_000);
  machine.answers = false;
  machine.ignoresTerm = true;
  await until(() => started.length === 2);
  machine.answers = true;
  machine.ignoresTerm = false;
  expect(started[0]?.signals).toEqual(["SIGTERM", "SIGKILL"]);
  expect(states).toContain("waiting it did not answer 3 times");
  await until(() => service.state === "up");
  await service.stop();
});

test("one that has grown too large is replaced", async () => {
  const { machine, started, service } = setup();
  service.start();
  await service.untilUp(60_000);
  machine.bytes = 600 << 20;
  await until(() => started.length > 1);
  machine.bytes = 60 << 20;
  await service.stop();
});

test("where podman is missing it is looked for with growing pauses, and found when it comes", async () => {
  const { machine, started, states, service } = setup();
  machine.canStart = false;
  service.start();
  await until(() => machine.waited.length >= 10);
  expect(machine.waited.slice(0, 4)).toEqual([100, 200, 400, 800]);
  expect(Math.max(...machine.waited)).toBeLessThanOrEqual(15_000);
  expect(states).toContain("waiting podman is not there");
  machine.canStart = true;
  await until(() => started.length === 1 && service.state === "up");
  await service.stop();
});

test("waiting for it ends with its limit and with the service", async () => {
  const { machine, service } = setup();
  machine.canStart = false;
  service.start();
  expect(await service.untilUp(1)).toBe(false);
  const waiting = service.untilUp(60_000);
  await service.stop();
  expect(await waiting).toBe(false);
  expect(await service.untilUp(60_000)).toBe(false);
});
