/** A container that is killed whenever it runs, as a real podman and a real agent have it. */
import { expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { podman, requiresPodman } from "../../support/podman/run-podman.ts";
import { RealFleet } from "../support/real-fleet.ts";
import { waitUntil } from "../support/wait-until.ts";

const LIMIT_MS = 120_000;
const LOOKS = 4;
const fleet = new RealFleet("flapping");
const service = fleet.containers.prefix;
const container = `${service}-api`;

const alerts = () => fleet.scratch.path("alerts");
const flaps = () =>
  existsSync(alerts())
    ? readFileSync(alerts(), "utf8")
        .split("\n")
        .filter((line) => line.startsWith("flap "))
    : [];
const life = () => fleet.inspect(container, "{{.State.Status}} {{.State.StartedAt}}");

requiresPodman(
  "a container that ends again and again is started ever later and told to flap once; when it is stopped meanwhile it stays stopped",
  async () => {
    await fleet.start(`
[monitor]
interval = "1s"
flap_window = "2m"
flap_threshold = 2
alert_command = ["/bin/sh", "-c", 'echo "$MCP_ALERT $MCP_ALERT_STATE $MCP_COMPONENT" >> "${alerts()}"']
`);
    const image = await fleet.containers.serverVersion("v1");
    fleet.writeService(
      service,
      `name = "${service}"\nnode = "${fleet.node}"\n\n[[components]]\nname = "api"\nimage = "${image}"\nstop_timeout = "1s"\n`,
    );
    await fleet.ok(fleet.mcpctl(["deploy", service]));

    const lives = new Set<string>();
    await waitUntil(
      "it is told to flap",
      async () => {
        const now = await life();
        if (now.startsWith("running ") && !lives.has(now)) {
          lives.add(now);
          await podman("kill", container);
        }
        return flaps().length > 0;
      },
      60_000,
    );
    expect(lives.size).toBeGreaterThan(2);

    await fleet.stopService(service);
    const stopped = await life();
    expect(stopped).toStartWith("exited ");
    // Each is a look of its own, which would have it put right.
    for (let look = 0; look < LOOKS; look += 1) {
      const { nodes } = await fleet.json("ps", service);
      expect(nodes[0].services[0].components[0]).toMatchObject({ desiredState: "DESIRED_STATE_STOPPED" });
      expect(await life()).toBe(stopped);
    }
    expect(flaps().filter((line) => line.includes("firing"))).toEqual(["flap firing api"]);
    expect(await fleet.states(container)).toEqual([`${container} exited`]);
  },
  LIMIT_MS,
);
