/** An agent that is killed in the midst of a deploy, and a command line that is: what runs after, and what people are told. */
import { expect } from "bun:test";
import { requiresPodman } from "../../support/podman/run-podman.ts";
import { RealFleet } from "../support/real-fleet.ts";
import type { SpawnedProgram } from "../support/spawned-program.ts";
import { waitUntil } from "../support/wait-until.ts";

const LIMIT_MS = 120_000;
const fleet = new RealFleet("killed");
const { prefix } = fleet.containers;

/** Its image listens late, so that the gate takes a moment, and ends late, so that stopping it does. */
const imageOf = (version: string, late = 600) =>
  fleet.containers.serverVersion(version, { env: { SERVER_MODE: `late:${late}`, SERVER_IGNORES_TERM: "1" } });

const definition = (service: string, image: string, more = "") => `name = "${service}"
node = "${fleet.node}"

[[components]]
name = "api"
image = "${image}"
stop_timeout = "1s"
${more}
[components.healthcheck]
mcp = "/mcp"
port = 8080
`;

/** What a person sees of the latest operation. */
async function lastOperation(service: string) {
  const { nodes } = await fleet.json("ops", "--service", service);
  const { id, state, steps } = nodes[0].operations[0];
  return { id: String(id), state: String(state), steps: steps as readonly { readonly name: string }[] };
}

/** One container serves, of this image; the others are kept ones, and nothing differs from what is wanted. */
async function expectServing(service: string, image: string): Promise<void> {
  const [states, served, { nodes }] = await Promise.all([
    fleet.states(`${service}-`),
    fleet.inspect(`${service}-api`, "{{.ImageName}}"),
    fleet.json("status", service),
  ]);
  expect(states.filter((each) => each.endsWith(" running"))).toEqual([`${service}-api running`]);
  expect(states.filter((each) => !/-api running$|-api\.d\d+ exited$/.test(each))).toEqual([]);
  expect(served).toBe(image);
  expect(nodes[0].drift).toEqual([]);
  expect(nodes[0].services[0].components).toMatchObject([
    { name: "api", desiredState: "DESIRED_STATE_RUNNING", observedState: "OBSERVED_STATE_RUNNING" },
  ]);
}

/** Deploys, and kills the agent as soon as the command line has said this. */
async function killAt(service: string, said: RegExp): Promise<SpawnedProgram> {
  const deploy = fleet.spawnMcpctl("deploy", service);
  await deploy.said(said);
  await fleet.killAgent();
  return deploy;
}

/** A step that is over before anybody watches is told as done alone: then the next one is under way. */
const STEPS: readonly (readonly [step: RegExp, more: string])[] = [
  [/creating the container/, ""],
  [/setting the old container aside/, ""],
  [/starting the container/, ""],
  [/waiting until it is healthy …/, ""],
  [/waiting until it is healthy done/, ""],
  [/putting the old container away …/, ""],
  [/stopping the old container …/, 'update_order = "stop-first"'],
  [/waiting until it is healthy …/, 'update_order = "stop-first"'],
];

requiresPodman(
  "an agent that is killed at any step goes on when it is started again: one container serves, the new one, and who waits is told",
  async () => {
    await fleet.start();
    const service = `${prefix}a`;
    const images = await Promise.all([imageOf("v1"), imageOf("v2")]);
    fleet.writeService(service, definition(service, images[0]));
    await fleet.ok(fleet.mcpctl(["deploy", service]));
    for (const [at, [step, more]] of STEPS.entries()) {
      const image = images[(at + 1) % 2] ?? "";
      fleet.writeService(service, definition(service, image, more));
      const deploy = await killAt(service, step);
      await fleet.startAgent();
      expect({ step, exitCode: await deploy.ended(), stderr: deploy.stderr }).toMatchObject({ step, exitCode: 0 });
      expect(deploy.stdout).toMatch(/^api +deployed +v[12] /m);
      await expectServing(service, image);
    }
    const { nodes } = await fleet.json("ops", "--service", service);
    const operations = nodes[0].operations as readonly { readonly kind: string; readonly state: string }[];
    const deploys = operations.filter(({ kind }) => kind === "OPERATION_KIND_DEPLOY").map(({ state }) => state);
    expect(deploys).toEqual(Array.from({ length: STEPS.length + 1 }, () => "OPERATION_STATE_SUCCEEDED"));
  },
  LIMIT_MS,
);

requiresPodman(
  "a deploy that its agent was killed in twice is not tried a third time: the version before serves",
  async () => {
    const service = `${prefix}b`;
    const [good, slow] = await Promise.all([imageOf("v1"), imageOf("slow", 4000)]);
    fleet.writeService(service, definition(service, good));
    await fleet.ok(fleet.mcpctl(["deploy", service]));
    fleet.writeService(service, definition(service, slow));
    const deploy = await killAt(service, /waiting until it is healthy …/);
    await fleet.startAgent();
    await waitUntil("it is at the gate again", async () => {
      const { steps } = (await fleet.json("ops", (await lastOperation(service)).id)).operation;
      return steps.filter(({ name }: { readonly name: string }) => name === "gate").length === 2;
    });
    await fleet.killAgent();
    await fleet.startAgent();
    expect(await deploy.ended()).toBe(1);
    expect(deploy.stderr).toContain("and what was there before is there again");
    expect(await lastOperation(service)).toMatchObject({ state: "OPERATION_STATE_ROLLED_BACK" });
    await expectServing(service, good);
  },
  LIMIT_MS,
);

requiresPodman(
  "a command line that is killed stops no deploy: 'mcpctl ops' shows how it goes on, and a second one is told who holds the service",
  async () => {
    const service = `${prefix}c`;
    const image = await imageOf("slower", 5000);
    fleet.writeService(service, definition(service, image));
    const deploy = fleet.spawnMcpctl("deploy", service);
    await deploy.said(/waiting until it is healthy …/);
    deploy.signal("SIGKILL");
    await deploy.ended();
    const [second, { id, state }] = await Promise.all([fleet.mcpctl(["deploy", service]), lastOperation(service)]);
    expect(second).toMatchObject({ exitCode: 1, stdout: "" });
    expect(second.stderr).toMatch(/^error: .*admin.* since .*$/m);
    expect(state).toBe("OPERATION_STATE_RUNNING");
    expect(await fleet.ok(fleet.mcpctl(["ops", id]))).toMatch(/api: waiting until it is healthy …/);
    await waitUntil("the deploy is over", async () => (await lastOperation(service)).state !== "OPERATION_STATE_RUNNING");
    expect(await fleet.ok(fleet.mcpctl(["ops", id]))).toMatch(/^api +deployed +slower /m);
    await expectServing(service, image);
  },
  LIMIT_MS,
);
