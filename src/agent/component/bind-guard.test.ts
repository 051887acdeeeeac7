import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BindGuard, createBindGuard } from "./bind-guard.ts";

let folder = "";
let guard: BindGuard;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-binds-"));
  for (const path of ["srv/web/data", "srv/web-private", "srv/other", "shared/a", "outside"])
    await mkdir(join(folder, path), { recursive: true });
  guard = createBindGuard({
    serviceDirectory: (service) => join(folder, "srv", service),
    roots: [join(folder, "shared"), join(folder, "absent")],
  });
});

afterEach(() => rm(folder, { recursive: true }));

const binding = (path: string) => guard("web", { mounts: [{ kind: "bind", source: join(folder, path), target: "/x", readOnly: false }] });

test("a service binds its own directory and what lies below it, and what the node gives away", async () => {
  for (const path of ["srv/web", "srv/web/data", "shared", "shared/a"]) await binding(path);
  await guard("web", { mounts: [{ kind: "volume", source: "outside", target: "/x", readOnly: false }] });
});

test.each(["outside", "srv", "srv/other", "srv/web-private", "srv/web/../other", "."])("%s is not bound", async (path) => {
  await expect(binding(path)).rejects.toMatchObject({ code: "denied", reason: "BIND_NOT_ALLOWED" });
});

test("a symbolic link that leads out is not bound, wherever it stands in the path", async () => {
  await symlink(join(folder, "outside"), join(folder, "srv/web/link"));
  await mkdir(join(folder, "outside/deep"));
  for (const path of ["srv/web/link", "srv/web/link/deep"]) {
    await expect(binding(path)).rejects.toMatchObject({
      reason: "BIND_NOT_ALLOWED",
      message: expect.stringContaining(join(folder, "outside")),
    });
  }
});

test("what is not there is said, and is not taken for allowed", async () => {
  await expect(binding("srv/web/none")).rejects.toMatchObject({ code: "precondition", reason: "BIND_SOURCE_MISSING" });
});
