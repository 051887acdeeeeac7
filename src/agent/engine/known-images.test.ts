import { expect, test } from "bun:test";
import { FakeRuntime } from "../../runtime/fake/fake-runtime.fixture.ts";
import { KnownImages } from "./known-images.ts";

function asked(runtime: FakeRuntime) {
  const ids: string[] = [];
  const images = new KnownImages({
    image: (reference, signal) => {
      ids.push(reference);
      return runtime.image(reference, signal);
    },
  });
  return { ids, byId: (id: string) => images.byId(id, AbortSignal.timeout(1000)) };
}

test("an image is asked for once, however many containers run it", async () => {
  const runtime = new FakeRuntime();
  const image = runtime.addImage("registry.test/web/api:v1");
  const { ids, byId } = asked(runtime);
  for (let container = 0; container < 3; container += 1) expect(await byId(image.id)).toEqual(image);
  expect(ids).toEqual([image.id]);
});

test("one that is not there is found when it has come", async () => {
  const runtime = new FakeRuntime();
  const { id } = new FakeRuntime().addImage("registry.test/web/api:v1");
  const { byId } = asked(runtime);
  expect(await byId(id)).toBeUndefined();
  runtime.addImage("registry.test/web/api:v1");
  expect(await byId(id)).toMatchObject({ id });
});

test("no more than a hundred are kept, and the oldest goes first", async () => {
  const runtime = new FakeRuntime();
  const made = Array.from({ length: 101 }, (_, at) => runtime.addImage(`registry.test/web/api:v${at}`, { content: `${at}` }));
  const { ids, byId } = asked(runtime);
  for (const { id } of made) await byId(id);
  await byId(made[1]?.id ?? "");
  expect(ids).toHaveLength(101);
  await byId(made[0]?.id ?? "");
  expect(ids).toHaveLength(102);
});
