import { expect, test } from "bun:test";
import type { PullOptions } from "./runtime.ts";
import { pullFailed } from "./runtime-errors.ts";
import { SharedPulls } from "./shared-pulls.ts";

function setup() {
  const pulls: { image: string; options: PullOptions; finish: () => void; fail: (error: Error) => void }[] = [];
  const shared = new SharedPulls((image, options) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    pulls.push({ image, options, finish: resolve, fail: reject });
    return promise;
  });
  return { shared, pulls };
}

test("several who want one image pull it once, and each hears how it goes", async () => {
  const { shared, pulls } = setup();
  const heard: string[] = [];
  const both = [
    shared.pull("a", { onProgress: (line) => heard.push(`1 ${line}`) }),
    shared.pull("a", { onProgress: (line) => heard.push(`2 ${line}`) }),
  ];
  const other = shared.pull("b");
  pulls[0]?.options.onProgress?.("layer");
  for (const { finish } of pulls) finish();
  await Promise.all([...both, other]);
  expect(pulls.map(({ image }) => image)).toEqual(["a", "b"]);
  expect(heard).toEqual(["1 layer", "2 layer"]);
  const again = shared.pull("a");
  pulls[2]?.finish();
  await again;
});

test("a failure reaches all of them, and the next one tries again", async () => {
  const { shared, pulls } = setup();
  const both = [shared.pull("a"), shared.pull("a")];
  pulls[0]?.fail(pullFailed("a", "denied"));
  for (const each of await Promise.allSettled(both)) expect(each).toMatchObject({ reason: { reason: "PULL_FAILED" } });
  const next = shared.pull("a");
  pulls[1]?.finish();
  await next;
});

test("one who is aborted leaves the pull to the others; with the last it ends", async () => {
  const { shared, pulls } = setup();
  const [one, two] = [new AbortController(), new AbortController()];
  const calls = [shared.pull("a", { signal: one.signal }), shared.pull("a", { signal: two.signal })];
  one.abort();
  await expect(calls[0]).rejects.toMatchObject({ code: "canceled" });
  expect(pulls[0]?.options.signal?.aborted).toBe(false);
  two.abort();
  await expect(calls[1]).rejects.toMatchObject({ code: "canceled" });
  expect(pulls[0]?.options.signal?.aborted).toBe(true);
  const next = shared.pull("a");
  expect(pulls).toHaveLength(2);
  pulls[1]?.finish();
  await next;
});
