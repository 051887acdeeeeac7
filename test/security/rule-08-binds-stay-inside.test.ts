import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBindGuard } from "../../src/agent/component/bind-guard.ts";
import { addImages, engineWorld } from "../../src/agent/engine/engine.fixture.ts";
import { componentFixture, serviceFixture } from "../../src/agent/registry/registry.fixture.ts";

/** Security rule 8: no bind outside the folders that the node's own configuration allows, whichever way a container comes to be. */

let folder = "";
const service = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-rule-08-"));
  for (const path of ["web/data", "other"]) await mkdir(join(folder, path), { recursive: true });
  await symlink("/etc", join(folder, "web/link"));
});
afterAll(() => rm(folder, { recursive: true }));

function setup() {
  const world = engineWorld({ guardBinds: createBindGuard({ serviceDirectory: service, roots: [] }) });
  addImages(world.runtime, "v1");
  const definition = (source: string) =>
    serviceFixture({
      components: [componentFixture({ image: "registry.test/web/api:v1", volumes: [{ source, target: "/x", readOnly: true }] })],
    });
  return { ...world, definition };
}

test.each(["/", "/etc", "/run/podman/podman.sock", "LINK", "LINK/ssh", "OTHER"])("%s is bound by no deploy", async (path) => {
  const { deploy, definition, faulty, engine } = setup();
  const source = path.replace("LINK", join(folder, "web/link")).replace("OTHER", service("other"));
  const report = await deploy(definition(source));
  expect(report.results).toMatchObject([{ ok: false, error: expect.stringMatching(/may not bind|is not there/) }]);
  expect(faulty.writes).toEqual([]);
  const { components } = await engine.deploys.plan({ what: { definition: definition(source) } });
  expect(components).toMatchObject([{ action: "refused", reason: expect.stringMatching(/may not bind|is not there/) }]);
});

test("what led inside when it was deployed and leads out by now is bound by no heal, no start and no rollback", async () => {
  const { deploy, definition, runtime, engine, registry } = setup();
  const source = join(folder, "web/turned");
  await mkdir(source);
  expect((await deploy(definition(source))).results).toMatchObject([{ ok: true }]);
  await deploy(definition("named"));
  await rm(source, { recursive: true });
  await symlink("/etc", source);
  const request = { service: "web", requestId: "" };
  const back = await (await engine.deploys.rollback("anna", request)).finished();
  expect(back.results).toMatchObject([{ ok: false, error: expect.stringContaining("may not bind") }]);
  expect(await registry.component("web", "api")).toMatchObject({ deployment: 2 });
  await runtime.remove("web-api");
  await runtime.rename("web-api.d1", "web-api");
  const heal = engine.runs.heal("web", "api", "exited");
  await expect(heal).rejects.toMatchObject({ reason: "HEAL_FAILED", message: expect.stringContaining("may not bind") });
  const start = await (await engine.lifecycle.start("anna", request)).finished();
  expect(start.results).toMatchObject([{ ok: false, error: expect.stringContaining("may not bind") }]);
  expect((await runtime.list()).map(({ state }) => state)).toEqual(["exited"]);
});

test("a service's own folder and volumes with a name are bound", async () => {
  const { deploy, definition } = setup();
  for (const source of [service("web"), join(folder, "web/data"), "named"]) {
    expect((await deploy(definition(source))).results).toMatchObject([{ ok: true }]);
  }
});
