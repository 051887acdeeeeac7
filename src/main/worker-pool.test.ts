import { expect, test } from "bun:test";
import { type WorkerMessage, WorkerPool } from "./worker-pool.ts";

interface Life {
  readonly index: number;
  readonly port: number;
  readonly say: (message: WorkerMessage) => void;
  readonly end: (exitCode: number | null) => void;
  readonly signals: string[];
}

function setup(count: number) {
  const lives: Life[] = [];
  const lost: string[] = [];
  const pool = new WorkerPool({
    count,
    backoff: { firstMs: 0, maxMs: 0 },
    stableAfterMs: 1000,
    monotonicNow: () => 0,
    onLost: (index, reason) => lost.push(`${index} ${reason}`),
    start(index, port, say) {
      const exited = Promise.withResolvers<{ reason: string; exitCode: number | null }>();
      const end = (exitCode: number | null) => exited.resolve({ reason: "it died", exitCode });
      const signals: string[] = [];
      lives.push({ index, port, say, end, signals });
      return {
        exited: exited.promise,
        kill(signal) {
          signals.push(signal);
          if (signal !== "SIGHUP") end(null);
        },
      };
    },
  });
  const life = async (at: number): Promise<Life> => {
    for (;;) {
      const found = lives[at];
      if (found !== undefined) return found;
      await Bun.sleep(1);
    }
  };
  const serve = async (at: number, port = 4000) => (await life(at)).say({ kind: "ready", port, text: `worker ${at}` });
  return { pool, lives, life, lost, serve };
}

test("the first worker takes the port and the others share it", async () => {
  const { pool, lives, serve } = setup(3);
  const opening = pool.open();
  expect(lives.map(({ port }) => port)).toEqual([0]);
  await serve(0);
  await serve(1);
  await serve(2);
  expect(await opening).toBe("worker 0");
  expect(lives.map(({ index, port }) => [index, port])).toEqual([
    [0, 0],
    [1, 4000],
    [2, 4000],
  ]);
  pool.signal("SIGTERM");
  await pool.ended();
  expect(lives.map(({ signals }) => signals)).toEqual([["SIGTERM"], ["SIGTERM"], ["SIGTERM"]]);
});

test("a worker that dies is started again on the same port, and said to be lost", async () => {
  const { pool, lives, life, lost, serve } = setup(2);
  const opening = pool.open();
  await serve(0);
  await serve(1);
  await opening;
  lives[0]?.end(null);
  expect(await life(2)).toMatchObject({ index: 0, port: 4000 });
  expect(lost).toEqual(["0 it died"]);
  pool.signal("SIGTERM");
  await pool.ended();
  expect(lives).toHaveLength(3);
});

test("those that serve are told to read their configuration again, and one that starts is not", async () => {
  const { pool, life, lost, serve } = setup(2);
  const opening = pool.open();
  await serve(0);
  const [first, second] = [await life(0), await life(1)];
  pool.reread();
  expect([first.signals, second.signals]).toEqual([["SIGHUP"], []]);
  await serve(1);
  await opening;
  pool.reread();
  expect(second.signals).toEqual(["SIGHUP"]);
  expect(lost).toEqual([]);
  pool.signal("SIGTERM");
  await pool.ended();
});

test("one that ends before it served ends all, with its exit code", async () => {
  const { pool, life } = setup(2);
  const opening = pool.open();
  (await life(0)).end(2);
  await expect(opening).rejects.toMatchObject({ reason: "WORKER_FAILED" });
  expect(await pool.failed).toBe(2);
});

test("one that says it cannot go on is not started again", async () => {
  const { pool, lives, life, lost, serve } = setup(1);
  const opening = pool.open();
  await serve(0);
  await opening;
  const worker = await life(0);
  worker.say({ kind: "final" });
  worker.end(1);
  expect(await pool.failed).toBe(1);
  await pool.ended();
  expect({ lives: lives.length, lost }).toEqual({ lives: 1, lost: [] });
});

test("what stops while it starts starts nothing more", async () => {
  const { pool, lives } = setup(2);
  const opening = pool.open();
  pool.signal("SIGINT");
  await expect(opening).rejects.toMatchObject({ reason: "WORKER_STOPPED" });
  await pool.ended();
  expect(lives).toHaveLength(1);
});
