/** An agent that is started again and again beside its containers, and one that comes back to others than it left. */
import { expect } from "bun:test";
import { forceRemove, podman, requiresPodman } from "../../support/podman/run-podman.ts";
import { RealFleet } from "../support/real-fleet.ts";
import { waitUntil } from "../support/wait-until.ts";

const LIMIT_MS = 120_000;
const RESTARTS = 10;
const fleet = new RealFleet("restarted");
const service = fleet.containers.prefix;
const NAMES = ["api", "db", "web"];

const component = (name: string, image: string) => `[[components]]
name = "${name}"
image = "${image}"
stop_timeout = "1s"

[components.healthcheck]
mcp = "/mcp"
port = 8080
`;

const write = (image: string, selfHeal: string) =>
  fleet.writeService(
    service,
    [`name = "${service}"\nnode = "${fleet.node}"\nself_heal = "${selfHeal}"\n`, ...NAMES.map((name) => component(name, image))].join("\n"),
  );

/** Container and process of each component. */
const lives = () => Promise.all(NAMES.map((name) => fleet.inspect(`${service}-${name}`, "{{.Id}} {{.State.Pid}}")));

interface Event {
  readonly component: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
}

/** What has happened to the service's components, oldest first. */
async function events(): Promise<readonly Event[]> {
  const { nodes } = await fleet.json("events", service);
  return nodes[0].events ?? [];
}

async function observed(): Promise<readonly string[]> {
  const { nodes } = await fleet.json("ps", service);
  const { components } = nodes[0].services[0];
  return components.map(
    (each: { name: string; observedState: string }) => `${each.name} ${each.observedState.replace("OBSERVED_STATE_", "")}`,
  );
}

requiresPodman(
  "an agent that is started again and again, killed or stopped before, leaves its containers as they are and tells nothing of them",
  async () => {
    await fleet.start();
    write(await fleet.containers.serverVersion("v1"), "heal");
    await fleet.ok(fleet.mcpctl(["deploy", service]));
    const [before, told] = [await lives(), await events()];
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      if (restart % 2 === 0) await fleet.killAgent();
      else expect(await fleet.stopAgent()).toBe(0);
      await fleet.startAgent();
      expect(await observed()).toEqual(NAMES.map((name) => `${name} RUNNING`));
    }
    expect(await lives()).toEqual(before);
    expect(await events()).toEqual(told);
  },
  LIMIT_MS,
);

requiresPodman(
  "what happened while the agent was down is told once each when it is back: one has ended, one is gone, one was made by hand",
  async () => {
    write(await fleet.containers.serverVersion("v1"), "alert");
    await fleet.ok(fleet.mcpctl(["deploy", service]));
    const told = (await events()).length;
    const stranger = `${service}s`;
    await fleet.stopAgent();
    await podman("kill", `${service}-api`);
    await forceRemove(`${service}-db`);
    await podman("run", "--detach", "--name", stranger, "--network", "none", await fleet.containers.serverVersion("v1"));
    await waitUntil("podman has noticed", async () => (await fleet.inspect(`${service}-api`, "{{.State.Status}}")) === "exited");
    const untouched = await fleet.inspect(stranger, "{{.Id}} {{.State.Pid}}");

    for (let start = 0; start < 2; start += 1) {
      await fleet.startAgent();
      expect(await observed()).toEqual(["api EXITED", "db REMOVED", "web RUNNING"]);
      const { nodes } = await fleet.json("node", "status");
      expect(nodes[0].undeclaredContainers).toContain(stranger);
      await fleet.stopAgent();
    }
    await fleet.startAgent();
    const news = (await events()).slice(told).filter(({ kind }) => kind === "state");
    expect(news.map(({ component: name, from, to }) => `${name} ${from}>${to}`).sort()).toEqual([
      "api running>exited",
      "db running>removed",
    ]);
    expect(await fleet.inspect(stranger, "{{.Id}} {{.State.Pid}}")).toBe(untouched);
  },
  LIMIT_MS,
);
