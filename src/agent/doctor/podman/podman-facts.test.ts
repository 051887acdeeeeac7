import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultUlimitsOf } from "./containers-conf.ts";
import { podmanFacts } from "./podman-facts.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mcpctl-podman-facts-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A program in podman's place. */
function program(script: string): string {
  const path = join(folder, "podman");
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

const engineOf = async (podman: string) => (await podmanFacts({ podman, confFiles: [] })).engine;

test("the last file that sets the limits has them, and a comment sets nothing", () => {
  expect(defaultUlimitsOf([])).toBeUndefined();
  expect(defaultUlimitsOf(["[containers]\n#default_ulimits = []\n"])).toBeUndefined();
  expect(defaultUlimitsOf(['default_ulimits = [\n  "nofile=1:2",\n  # "x",\n "nproc=3:4" ]', "[engine]"])).toEqual([
    "nofile=1:2",
    "nproc=3:4",
  ]);
  expect(defaultUlimitsOf(['default_ulimits = ["nofile=1:2"]', "default_ulimits=[]"])).toEqual([]);
});

test("podman tells its version, its runtime and its database", async () => {
  const told = (host: object) => JSON.stringify({ host, version: { Version: "5.4.2" } });
  const said = told({ ociRuntime: { name: "crun" }, databaseBackend: "sqlite", security: { rootless: true } });
  expect(await engineOf(program(`[ "$*" = "info --format json" ] && echo '${said}'`))).toEqual({
    name: "podman",
    version: "5.4.2",
    ociRuntime: "crun",
    database: "sqlite",
    rootless: true,
  });
  expect(await engineOf(program(`echo '${told({})}'`))).toMatchObject({ ociRuntime: "", database: "boltdb", rootless: false });
});

test("a podman that is missing, fails or says something else is told", async () => {
  expect(await engineOf(join(folder, "none"))).toMatchObject({ problem: expect.stringContaining("none") });
  expect(await engineOf(program("echo nothing >&2; echo 'Error: no storage' >&2; exit 125"))).toMatchObject({
    problem: expect.stringContaining("failed: Error: no storage"),
  });
  expect(await engineOf(program("echo '{}'"))).toMatchObject({ problem: expect.stringContaining("in another way") });
  expect(await engineOf(program("echo no json"))).toMatchObject({ problem: expect.any(String) });
});

test("its configuration is read where it is told", async () => {
  writeFileSync(join(folder, "a.conf"), "[containers]\ndefault_ulimits = []\n");
  const { defaultUlimits } = await podmanFacts({
    podman: join(folder, "none"),
    confFiles: [join(folder, "a.conf"), join(folder, "none.conf")],
  });
  expect(defaultUlimits).toEqual([]);
});
