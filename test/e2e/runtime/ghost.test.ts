/** A container that podman's storage has and podman does not: what is left when podman is ended while it makes one. */
import { afterAll, expect } from "bun:test";
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { containerSpec } from "../../../src/runtime/fake/container-spec.fixture.ts";
import { LibpodRuntime } from "../../../src/runtime/libpod/libpod-runtime.ts";
import { PodmanCliRuntime } from "../../../src/runtime/podman-cli/podman-cli-runtime.ts";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import { hasPodman, requiresPodman, tryPodman } from "../../support/podman/run-podman.ts";
import { waitUntil } from "../support/wait-until.ts";

const IMAGE = "localhost/ghost:v1";
const NAME = "web-api.next";

/** A podman with a storage of its own, since its database is put back to what it was. */
const folder = hasPodman ? await mkdtemp(join(tmpdir(), "mcg-")) : "";
const ROOT = ["--root", join(folder, "root"), "--runroot", join(folder, "run"), "--storage-driver", "vfs"];
const database = join(folder, "root/libpod/bolt_state.db");
const socket = join(folder, "podman.sock");
let service: Bun.Subprocess | undefined;

afterAll(async () => {
  service?.kill();
  await service?.exited;
  if (hasPodman) await rm(folder, { recursive: true, force: true });
});

async function podman(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await tryPodman(...ROOT, ...words);
  if (exitCode !== 0) throw new Error(`podman ${words.join(" ")}: ${stderr}`);
  return stdout;
}

async function build(): Promise<void> {
  const context = join(folder, "image");
  await mkdir(context);
  await cp("/bin/true", join(context, "true"), { dereference: true });
  await writeFile(join(context, "Containerfile"), 'FROM scratch\nCOPY true /true\nENTRYPOINT ["/true"]\n');
  await podman("build", "--quiet", "--tag", IMAGE, context);
}

async function drivers(): Promise<readonly Runtime[]> {
  const program = join(folder, "podman");
  await writeFile(program, `#!/bin/sh\nexec podman ${ROOT.join(" ")} "$@"\n`);
  await chmod(program, 0o755);
  service = Bun.spawn([program, "system", "service", "--time", "0", `unix://${socket}`], { stdio: ["ignore", "ignore", "ignore"] });
  const byApi = new LibpodRuntime(socket);
  await waitUntil("podman's API answers", () =>
    byApi.version().then(
      () => true,
      () => false,
    ),
  );
  return [byApi, new PodmanCliRuntime({ program, env: { PATH: process.env.PATH ?? "" }, folder })];
}

/** Makes one and lets podman forget it. */
async function leaveGhost(): Promise<void> {
  const kept = join(folder, "kept.db");
  await cp(database, kept);
  await podman("create", "--network", "none", "--name", NAME, IMAGE);
  await cp(kept, database);
}

requiresPodman("one that only the storage knows holds its name until it is removed by it", async () => {
  await build();
  for (const runtime of await drivers()) {
    await leaveGhost();
    const spec = containerSpec({ name: NAME, image: IMAGE, network: "none" });
    expect(await runtime.inspect(NAME)).toBeUndefined();
    await expect(runtime.create(spec)).rejects.toMatchObject({ code: "conflict", reason: "CONTAINER_NAME_TAKEN" });
    await runtime.remove(NAME, { volumes: true });
    await runtime.create(spec);
    expect(await runtime.inspect(NAME)).toMatchObject({ name: NAME, state: "created" });
    await runtime.remove(NAME, { volumes: true });
  }
});
