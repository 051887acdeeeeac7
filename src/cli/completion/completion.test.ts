import { expect, test } from "bun:test";
import { join } from "node:path";
import { requires } from "../../../test/support/requires.ts";
import { BARE_DEPS, captureMcpctl, captureWithApi } from "../captured-cli.fixture.ts";
import { fakeApi, refuse } from "../fake-api.fixture.ts";
import { startFleet } from "../fleet/fleet.fixture.ts";
import { createProgram } from "../program.ts";
import { commandTree } from "./command-tree.ts";
import { completionScript } from "./completion-command.ts";

const SHELLS = ["bash", "fish", "zsh"];
const FOLDER = join(import.meta.dir, "../../../completions");
const program = await createProgram({ ...BARE_DEPS, stdout: () => undefined, stderr: () => undefined });

test.each(SHELLS)("completions/mcpctl.%s is what 'mcpctl completion' prints", async (shell) => {
  const run = await captureMcpctl(["completion", shell]);
  expect(run).toMatchObject({ exitCode: 0, stderr: "" });
  // Where this fails: npm run completions:generate
  expect(await Bun.file(join(FOLDER, `mcpctl.${shell}`)).text()).toBe(run.stdout);
});

test.each(SHELLS)("the completions for %s offer --roleBindings, and neither --binding nor --operation", (shell) => {
  const script = completionScript(program, shell);
  expect(script).toContain("roleBindings");
  expect(script).not.toMatch(/(--|-l )(binding|operation)\b/);
});

test.each(SHELLS)(
  "the completions for %s offer every flag of create mcptoken, also under its other name, and those of test mcp",
  (shell) => {
    const script = completionScript(program, shell);
    const tree = commandTree(program);
    for (const path of ["mcpctl create mcptoken", "mcpctl test mcp"]) {
      const node = tree.find((each) => each.path === path);
      const flags = node?.options.flatMap(({ words }) => words) ?? [];
      expect(flags.length).toBeGreaterThan(7);
      const line = script
        .split("\n")
        .filter((each) => each.includes(`"${path}"`) || each.includes(`"${path} `))
        .join("\n");
      for (const flag of flags)
        expect(line).toContain(shell === "fish" ? `-${flag.startsWith("--") ? `l ${flag.slice(2)}` : `s ${flag.slice(1)}`} ` : flag);
    }
    expect(tree.find(({ path }) => path === "mcpctl create mcptoken")?.options.flatMap(({ words }) => words)).toEqual(
      expect.arrayContaining(["--project", "--rbac", "--bind", "--ttl", "--description", "--force"]),
    );
    expect(script).toContain("mcpctl create token");
  },
);

test("every command and flag that help shows is in the tree, and hidden ones are not", () => {
  const paths = commandTree(program).map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(["mcpctl", "mcpctl up", "mcpctl test mcp", "mcpctl get", "mcpctl create rbac", "mcpctl audit verify"]),
  );
  expect(paths.filter((path) => path.includes("__"))).toEqual([]);
  expect(new Set(paths).size).toBe(paths.length);
});

/** What bash offers at the end of a line; mcpctl itself answers with the words that it is called with. */
function inBash(line: string): string[] {
  const words = line.split(" ");
  const script = `${completionScript(program, "bash")}
mcpctl() { echo "asked:$*" | tr ' ' '_'; }
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
_mcpctl
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = Bun.spawnSync(["bash", "--norc", "-c", script]);
  expect(stderr.toString()).toBe("");
  return stdout.toString().split("\n").slice(0, -1);
}

const OFFERS: readonly (readonly [string, readonly string[]])[] = [
  ["mcpctl cre", ["create"]],
  ["mcpctl create mcpt", ["mcptoken"]],
  ["mcpctl create token ci --rbac ", ["empty", "clone"]],
  ["mcpctl create mcptoken ci --pro", ["--project"]],
  ["mcpctl create rbac dev --role", ["--roleBindings"]],
  ["mcpctl create mcptoken ci -p ", ["asked:__complete_projects"]],
  ["mcpctl logs ", ["asked:__complete_server/"]],
  ["mcpctl logs server/files --fo", ["--follow"]],
  ["mcpctl get proj", ["projects", "project", "proj"]],
  ["mcpctl get projects ", ["asked:__complete_projects"]],
  ["mcpctl get mcptoken -p demo ", ["asked:__complete_mcptoken_--project_demo"]],
  ["mcpctl --context work delete mcptoken a b ", ["asked:__complete_mcptoken_--context_work"]],
  ["mcpctl get projects -o y", ["yaml"]],
  ["mcpctl project attach demo ", ["asked:__complete_servers"]],
  ["mcpctl project attach demo content ", [""]],
  ["mcpctl context use ", ["asked:__complete_contexts"]],
];

requires(Bun.which("bash") !== null, "there is no bash")("bash offers commands, flags, choices and names where they may stand", () => {
  expect(OFFERS.map(([line]) => [line, inBash(line)])).toEqual(OFFERS.map(([line, words]) => [line, [...words]]));
});

test("names come from mcpd, with their project where it is not typed", async () => {
  const token = { name: "ci", project: "demo", expiresAt: null, roleBindings: [] };
  const api = fakeApi({ projects: [{ name: "demo", servers: [] }], mcptokens: [token, { ...token, name: "nightly" }] });
  expect(await captureWithApi(["__complete", "projects"], api)).toEqual({ exitCode: 0, stdout: "demo\n", stderr: "" });
  expect((await captureWithApi(["__complete", "project/"], api)).stdout).toBe("project/demo\n");
  expect((await captureWithApi(["__complete", "token"], api)).stdout).toBe("demo/ci\ndemo/nightly\n");
  expect((await captureWithApi(["__complete", "token", "--project", "demo"], api)).stdout).toBe("ci\nnightly\n");
});

test("what a shell would expand is not offered", async () => {
  const api = fakeApi({}, { "groups.list": () => ({ items: ["ok", "$(rm)", "a b", "`x`", "-rf"].map(group), nextCursor: null }) });
  expect((await captureWithApi(["__complete", "groups"], api)).stdout).toBe("ok\n");
});

function group(name: string) {
  return {
    id: "grp_1",
    name,
    description: "",
    members: [],
    version: 1,
    createdAt: "2026-06-01T10:00:00.000Z",
    updatedAt: "2026-06-01T10:00:00.000Z",
  };
}

test.each([
  ["a kind that is none", ["__complete", "nothing"], {}],
  ["no word", ["__complete"], {}],
  ["no installation", ["__complete", "projects"], { env: { MCPCTL_URL: "", MCPCTL_CONFIG: "/nowhere/config.json" } }],
  ["a URL that is none, over plain http", ["__complete", "projects"], { env: { MCPCTL_URL: "http://u:p@example.org" } }],
])("where nothing can be completed, nothing is printed: %s", async (_, argv, deps) => {
  const api = fakeApi({}, { "projects.list": () => refuse(401, "SESSION_ENDED", "The session has ended") });
  expect(await captureWithApi(argv, api, deps)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
});

test("mcpctl completion knows three shells", async () => {
  const run = await captureMcpctl(["completion", "tcsh"]);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain("bash, fish, zsh");
});

test("nodes and services of the fleet's configuration are completed", async () => {
  const fleet = await startFleet({ rift: {}, orion: {} });
  fleet.write("services/ha.toml", "");
  expect((await fleet.run(["__complete", "fleet-nodes"])).stdout).toBe("rift\norion\n");
  expect((await fleet.run(["__complete", "fleet-services"])).stdout).toBe("ha\n");
  await fleet.close();
});
