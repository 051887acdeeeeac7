/** The gateway as a service of the fleet: deploy/examples/services/mcplocal.toml on a real podman. */
import { afterAll, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { podman, requiresPodman, tryPodman } from "../../support/podman/run-podman.ts";
import { runProgram } from "../../support/run-program.ts";
import { freePort } from "../support/free-port.ts";
import { McpCaller } from "../support/mcp-caller.ts";
import { RealFleet } from "../support/real-fleet.ts";
import { signHs256 } from "../support/sign-hs256.ts";
import { ROOT } from "../support/up-process.ts";

const LIMIT_MS = 180_000;
const SECRET = "a secret that only this test and its gateway know";
const fleet = new RealFleet("gateway-service");
const name = fleet.containers.prefix;
const image = `localhost/${name}/mcplocal:v1`;

afterAll(async () => {
  await fleet.containers.removeContainers();
  // The agent keeps what it has deployed, to go back to.
  await tryPodman("rmi", "--force", image, `localhost/mcpctl/kept/${name}-mcplocal:d1`);
});

requiresPodman(
  "the gateway is deployed as the container that keeps no state, and serves JWTs",
  async () => {
    const built = await runProgram([join(ROOT, "scripts/build-mcplocal.sh"), "--tag", image], {
      cwd: tmpdir(),
      env: { CONTAINER_ENGINE: "podman" },
    });
    expect(built).toMatchObject({ exitCode: 0 });
    await fleet.start();
    const port = await freePort();
    const example = readFileSync(join(ROOT, "deploy/examples/services/mcplocal.toml"), "utf8");
    const own = example
      .replace('name = "mcplocal"\nnode', `name = "${name}"\nnode`)
      .replace('"registry.example.org/mcplocal:v1"', `"${image}"`)
      .replace('"3200:3200"', `"${port}:3200"`);
    fleet.writeService(name, own);
    writeFileSync(fleet.scratch.path("jwt-secret"), SECRET);
    await fleet.ok(fleet.mcpctl(["push", fleet.scratch.path("jwt-secret"), name, "secrets/jwt-secret", "--mode", "0600"]));
    await fleet.ok(fleet.mcpctl(["deploy", name, "--yes"]));

    const [container = ""] = (await fleet.states(name)).map((line) => line.split(" ")[0] ?? "");
    const { HostConfig, Config, Mounts, EffectiveCaps } = JSON.parse(await podman("inspect", container))[0];
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      SecurityOpt: ["no-new-privileges"],
      Memory: 512 * 1024 * 1024,
      NanoCpus: 1_000_000_000,
      PidsLimit: 256,
      Privileged: false,
    });
    expect(Object.keys(HostConfig.Tmpfs).sort()).toEqual(["/app/.cache", "/run", "/tmp"]);
    expect([EffectiveCaps ?? [], Config.User]).toEqual([[], "10001:10001"]);
    // Nothing but memory can be written to; what remains is the image's volume, which is ignored.
    expect(Mounts.filter(({ RW }: { readonly RW: boolean }) => RW)).toEqual([]);

    const url = `http://127.0.0.1:${port}/mcp`;
    expect((await fetch(url, { method: "POST" })).status).toBe(401);
    const caller = await McpCaller.open(url, signHs256(SECRET, "ann"));
    expect((await caller.call("content__evo.content.search", { limit: 1 })).json.result.isError).not.toBe(true);
  },
  LIMIT_MS,
);
