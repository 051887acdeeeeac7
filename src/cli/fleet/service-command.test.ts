import { afterEach, expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import type { AgentAnswers } from "../../api/agent/fake-agent.fixture.ts";
import { fromSpec } from "../../service-definition/from-spec.ts";
import { parseServiceDefinition } from "../../service-definition/parse-service-definition.ts";
import { toSpec } from "../../service-definition/to-spec.ts";
import { serviceText, specOf, startFleet, type TestFleet } from "./fleet.fixture.ts";

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
});

const registry: AgentAnswers = {
  listServices: ({ serviceName }) => ({ services: serviceName === "shop" ? [{ spec: specOf("shop", "rift", ["api", "web"]) }] : [] }),
};

async function setup(nodes: Readonly<Record<string, AgentAnswers | null>> = { rift: registry, orion: { listServices: () => ({}) } }) {
  const fleet = await startFleet(nodes);
  fleets.push(fleet);
  return { fleet, run: fleet.run, file: () => fleet.read("services/shop.toml") };
}

const definitionOf = (text: string) => parseServiceDefinition(text, "f");
const SHOP = definitionOf(serviceText("shop", "rift", ["api", "web"]));

test("service show prints the spec of the named service, as TOML or JSON", async () => {
  const { run, fleet } = await setup();
  const { exitCode, stdout } = await run(["service", "show", "shop"]);
  expect(exitCode).toBe(0);
  expect(definitionOf(stdout)).toEqual(SHOP);
  expect(fleet.agents.rift?.calls[0]?.request).toMatchObject({ serviceName: "shop" });
  expect(JSON.parse((await run(["service", "show", "shop", "-o", "json"])).stdout)).toMatchObject({ node: "rift", spec: { name: "shop" } });
  expect((await run(["service", "show", "ha"])).stderr).toBe(
    "error: No node's registry has the service ha\nhint: 'mcpctl list' shows what there is\n",
  );
});

test("service export writes the file at its place, and what it wrote loads back equal", async () => {
  const { run, fleet, file } = await setup();
  expect(await run(["service", "export", "shop"])).toEqual({
    exitCode: 0,
    stdout: `${fleet.folder}/services/shop.toml written\n`,
    stderr: "",
  });
  expect(definitionOf(file())).toEqual(SHOP);
  expect(fromSpec(toSpec(definitionOf(file())), "f")).toEqual(SHOP);
  expect(await run(["service", "export", "shop"])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("says so already") });
});

test("service export writes to -f, or to standard output", async () => {
  const { run, fleet } = await setup();
  expect(await run(["service", "export", "shop", "-f", `${fleet.folder}/other.toml`])).toMatchObject({ exitCode: 0 });
  expect(definitionOf(fleet.read("other.toml"))).toEqual(SHOP);
  expect(definitionOf((await run(["service", "export", "shop", "-f", "-"])).stdout)).toEqual(SHOP);
  expect(fleet.has("services/shop.toml")).toBe(false);
});

test("service export writes over no file that says something else, unless it is told to", async () => {
  const { run, fleet, file } = await setup();
  const before = serviceText("shop", "rift");
  fleet.write("services/shop.toml", before);
  expect(await run(["service", "export", "shop"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("is there and says something else"),
  });
  expect(file()).toBe(before);
  expect(await run(["service", "export", "shop", "--force"])).toEqual({
    exitCode: 0,
    stdout: `${fleet.folder}/services/shop.toml written\n`,
    stderr: "",
  });
  expect(definitionOf(file())).toEqual(SHOP);
  expect(file()).toStartWith(before);
});

test.each([
  ["a component that is gone", serviceText("shop", "rift", ["api", "web", "old"])],
  ["text that is no definition", 'name = "shop"\n# unfinished\nnode = ['],
])("service export --force writes a file anew that has %s, and says so", async (_, before) => {
  const { run, fleet, file } = await setup();
  fleet.write("services/shop.toml", before);
  expect(await run(["service", "export", "shop"])).toMatchObject({ exitCode: 1 });
  expect(file()).toBe(before);
  expect(await run(["service", "export", "shop", "--force"])).toEqual({
    exitCode: 0,
    stdout: `${fleet.folder}/services/shop.toml written anew, without what else stood in it\n`,
    stderr: "",
  });
  expect(definitionOf(file())).toEqual(SHOP);
});

test("service export --force keeps every comment beside a value that it changes", async () => {
  const { run, fleet, file } = await setup();
  const before = serviceText("shop", "rift", ["api", "web"]).replace(":v1", ":v0");
  fleet.write("services/shop.toml", before);
  expect(await run(["service", "export", "shop", "--force"])).toMatchObject({ exitCode: 0 });
  expect(file()).toBe(before.replace(":v0", ":v1"));
});

const editing = (change: (text: string) => string, opened: string[] = []) => ({
  openEditor: async (text: string, extension: string) => {
    opened.push(extension, text);
    return change(text);
  },
});

test("service edit opens the file where there is one, asks no node, and saves at its place", async () => {
  const { run, fleet, file } = await setup();
  const text = serviceText("shop", "rift");
  fleet.write("services/shop.toml", text);
  const opened: string[] = [];
  const changed = text.replace(":v1", ":v2");
  expect(
    await run(
      ["service", "edit", "shop"],
      editing(() => changed, opened),
    ),
  ).toMatchObject({ exitCode: 0, stderr: "" });
  expect(opened).toEqual([".toml", text]);
  expect(file()).toBe(changed);
  expect(fleet.asked()).toEqual([]);
  expect(
    (
      await run(
        ["service", "edit", "shop"],
        editing((same) => same),
      )
    ).stdout,
  ).toContain("unchanged");
});

test("service edit exports from the agent first where there is no file", async () => {
  const { run, fleet, file } = await setup();
  const opened: string[] = [];
  expect(
    await run(
      ["service", "edit", "shop"],
      editing((text) => `# Mine.\n${text}`, opened),
    ),
  ).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("written") });
  expect(definitionOf(opened[1] ?? "")).toEqual(SHOP);
  expect(file()).toBe(`# Mine.\n${opened[1]}`);
  expect(
    await run(
      ["service", "edit", "nowhere"],
      editing((text) => text),
    ),
  ).toMatchObject({ exitCode: 1 });
  expect(fleet.has("services/nowhere.toml")).toBe(false);
});

test("what is not valid after an edit is not saved: it is kept aside, and it is said where", async () => {
  const { run, fleet, file } = await setup();
  const text = serviceText("shop", "rift");
  fleet.write("services/shop.toml", text);
  for (const broken of [`${text}\nimag = "x"\n`, text.replace('name = "shop"', 'name = "shoe"'), "name = ["]) {
    const { exitCode, stderr } = await run(
      ["service", "edit", "shop"],
      editing(() => broken),
    );
    expect(exitCode).toBe(2);
    const kept = /nothing was saved, your text is kept in (\S+)/.exec(stderr)?.[1] ?? "";
    expect(readFileSync(kept, "utf8")).toBe(broken);
    expect(statSync(kept).mode & 0o777).toBe(0o600);
  }
  expect(file()).toBe(text);
});

test("a file that is not valid can be edited: that is how it is mended", async () => {
  const { run, fleet, file } = await setup();
  fleet.write("services/shop.toml", "name = [");
  expect(
    await run(
      ["service", "edit", "shop"],
      editing(() => serviceText("shop", "rift")),
    ),
  ).toMatchObject({ exitCode: 0 });
  expect(definitionOf(file()).name).toBe("shop");
});

test("service validate checks all files of the folder, or those that are named, and asks no node", async () => {
  const { run, fleet } = await setup();
  const good = fleet.write("services/ha.toml", serviceText("ha", "rift"));
  expect(await run(["service", "validate"])).toEqual({ exitCode: 0, stdout: `${good}: ha is valid\n`, stderr: "" });
  const bad = fleet.write("services/bad.toml", 'name = "bad"\n');
  expect(await run(["service", "validate"])).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("bad.toml") });
  expect(await run(["service", "validate", bad])).toMatchObject({ exitCode: 1, stdout: "" });
  expect(fleet.asked()).toEqual([]);
});
