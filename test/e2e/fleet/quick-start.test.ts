/** What README.md says of a server in a container, line by line, with an image that is there already. */
import { afterAll, expect } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { requiresPodman } from "../../support/podman/run-podman.ts";
import { runProgram } from "../../support/run-program.ts";
import { McpCaller } from "../support/mcp-caller.ts";
import { Scratch } from "../support/scratch.ts";
import { ROOT } from "../support/up-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const LIMIT_MS = 180_000;
const scratch = new Scratch("quick-start");
const containers = podmanScratch();
const name = containers.prefix;

afterAll(() => containers.removeContainers());

/** The blocks of the section, and of them the commands without what is said of them. */
async function quickStart() {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const section = readme.split(/^## /m).find((each) => each.startsWith("A server in a container\n")) ?? "";
  const blocks = [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(([, language, text = ""]) => ({ language, text }));
  const commands = blocks.filter(({ language }) => language === "").flatMap(({ text }) => text.trim().split("\n"));
  return {
    toml: blocks.find(({ language }) => language === "toml")?.text ?? "",
    commands: commands.map((line) =>
      line
        .replace(/\s+#.*/, "")
        .replace("bin/mcpctl ", "")
        .split(" "),
    ),
  };
}

async function mcpctl(argv: readonly string[], stdin = "") {
  const env = {
    HOME: scratch.path("home"),
    XDG_CONFIG_HOME: scratch.path("home/.config"),
    MCPCTL_CONFIG: undefined,
    MCPCTL_URL: undefined,
  };
  return await runProgram([join(ROOT, "bin/mcpctl"), ...argv], { cwd: ROOT, env, stdin });
}

requiresPodman(
  "the quick start of a container does what README.md says",
  async () => {
    const { toml, commands } = await quickStart();
    const ready = await scratch.upWithReadyFile("up", { env: { MCPCTL_UP_AGENT: "on" } }).ready();
    const { username = "", password = "" } = ready.admin ?? {};
    expect(commands[0]?.slice(0, 2)).toEqual(["login", "--url"]);
    await mcpctl(["login", "--url", ready.api, "--username", username, "--password-stdin"], password);
    const { nodes } = JSON.parse((await mcpctl(["node", "list", "-o", "json"])).stdout) as { nodes: { name: string }[] };

    const file = scratch.path(`home/.config/mcp/services/${name}.toml`);
    await mkdir(join(file, ".."), { recursive: true });
    const text = toml
      .replace('"notes"', `"${name}"`)
      .replace('"my-laptop"', `"${nodes[0]?.name}"`)
      .replace(/^image = .*/m, `image = "${await containers.serverImage()}"`);
    await writeFile(file, text);
    const own = (argv: readonly string[]) => argv.map((word) => word.replace(/^notes\b/, name));

    const said: string[] = [];
    for (const argv of commands.slice(2).map(own)) {
      if (argv[0] === "rollback") {
        await writeFile(file, text.replace(/^image = .*/m, '$&\nenv = { MODE = "second" }'));
        expect(await mcpctl(["deploy", name])).toMatchObject({ exitCode: 0 });
      }
      const { exitCode, stdout, stderr } = await mcpctl(argv);
      expect({ argv, exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ argv, exitCode: 0, stderr: "" });
      said.push(stdout);
    }
    const [planned, deployed, listed, rolledBack, created] = said;
    expect(planned).toBe("memory: create\n");
    expect(deployed).toMatch(/^memory +deployed /m);
    expect(listed).toContain(`${name}  memory`);
    expect(rolledBack).toMatch(/^memory +rolled back .* 1$/m);
    expect(created).toContain(`server/${name} created`);
    const caller = await McpCaller.open(ready.url, ready.token);
    await waitUntil("the container is called through the gateway", async () => {
      const { json } = await caller.call(`${name}__version`);
      return json.result?.isError === false || json.result?.content !== undefined ? true : undefined;
    });
  },
  LIMIT_MS,
);
