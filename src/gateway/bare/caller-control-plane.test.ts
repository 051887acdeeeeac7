import { expect, test } from "bun:test";
import { AppError, type ErrorCode } from "../../core/app-error.ts";
import { callerControlPlane } from "./caller-control-plane.ts";
import { endedHere } from "./ended-here.ts";

const PROJECT = { projects: [], servers: [], secrets: {} };

function setup(readProject: () => Promise<typeof PROJECT>) {
  const time = { ms: 0 };
  const ended = endedHere({ now: () => new Date(time.ms) });
  const heard = { refused: 0, unrecorded: 0 };
  const plane = () =>
    callerControlPlane({
      readProject,
      ended,
      refreshMs: 1,
      onUnrecorded: () => {
        heard.unrecorded += 1;
      },
      onRefused: () => {
        heard.refused += 1;
      },
    });
  return { time, heard, plane };
}

const failing = (code: ErrorCode) => setup(() => Promise.reject(new AppError(code, "ANY", "no")));

test("what mcpd refuses ends the caller's gateway, and what is only away does not", async () => {
  for (const code of ["unauthenticated", "denied", "not_found"] as const) {
    const { plane, heard } = failing(code);
    await expect(plane().snapshot()).rejects.toMatchObject({ code });
    expect(heard.refused).toBe(1);
  }
  for (const code of ["unavailable", "deadline", "exhausted", "internal"] as const) {
    const { plane, heard } = failing(code);
    await expect(plane().snapshot()).rejects.toMatchObject({ code });
    expect(heard.refused).toBe(0);
  }
});

test("whoever watches hears of a new revision again and again, until they stop", async () => {
  const { plane } = setup(async () => PROJECT);
  const revisions: number[] = [];
  const heard = Promise.withResolvers<void>();
  const stop = plane().watch((event) => {
    if (event.kind === "connected") revisions.push(event.revision);
    if (revisions.length === 3) heard.resolve();
  });
  await heard.promise;
  stop();
  expect(revisions).toEqual([1, 2, 3]);
});

test("a session that one caller's gateway has ended is over for all of this process, until it would be over anyway", async () => {
  const { time, plane } = setup(async () => PROJECT);
  await plane().endSession("hash", new Date(1000));
  expect(await plane().endedSessions()).toEqual([{ idHash: "hash", expiresAt: new Date(1000) }]);
  time.ms = 1000;
  expect(await plane().endedSessions()).toEqual([]);
});
