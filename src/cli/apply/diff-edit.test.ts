import { expect, test } from "bun:test";
import { readFileSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { captureWithApi } from "../captured-cli.fixture.ts";
import { type FakeApi, fakeApi, refuse } from "../fake-api.fixture.ts";

const diff = (api: FakeApi, text: string) => captureWithApi(["diff", "-f", "-"], api, { readStdin: async () => text });
const edit = (api: FakeApi, argv: readonly string[], change: (text: string) => string) =>
  captureWithApi(["edit", ...argv], api, { openEditor: async (text) => change(text) });

test("diff shows what apply would change and is exit code 1; where there is nothing it is 0", async () => {
  const api = fakeApi({ projects: [{ name: "demo", description: "old", servers: ["a"] }] });
  const run = await diff(api, "kind: project\nname: demo\ndescription: new\n");
  expect(run).toMatchObject({ exitCode: 1, stderr: "" });
  expect(run.stdout).toBe(
    [
      "--- project/demo",
      "+++ project/demo (stdin:1)",
      "@@ -1,6 +1,6 @@",
      " kind: project",
      " name: demo",
      "-description: old",
      "+description: new",
      " owner: ada",
      " servers:",
      "   - a",
      "",
    ].join("\n"),
  );
  expect(await diff(api, "kind: project\nname: demo\ndescription: old\n")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  expect(api.changes()).toEqual([]);
});

test("diff of what is not there yet is all of it, and shows no secret", async () => {
  const run = await diff(fakeApi(), "kind: secret\nname: key\nvalue: hunter2\n");
  expect(run.exitCode).toBe(1);
  expect(run.stdout).toStartWith("--- /dev/null\n+++ secret/key (stdin:1)\n@@ -0,0 +1,4 @@\n+kind: secret\n");
  expect(run.stdout).toContain("+value: (as in the file)\n");
  expect(run.stdout).not.toContain("hunter2");
});

test("edit sends what was changed, in the version that was shown", async () => {
  const api = fakeApi({ projects: [{ name: "demo", description: "old", servers: ["a"] }] });
  const run = await edit(api, ["project", "demo"], (text) => text.replace("old", "new"));
  expect(run).toEqual({ exitCode: 0, stdout: "project/demo edited\n", stderr: "" });
  expect(api.calls.at(-1)).toMatchObject({ endpoint: "projects.update", body: { description: "new" }, ifMatch: '"1"' });
  expect(await edit(api, ["project/demo"], (text) => text)).toMatchObject({ exitCode: 0, stdout: "project/demo unchanged\n" });
});

test("edit writes over nobody's change: it says so and keeps the text in a file for its owner alone", async () => {
  const stale = () => refuse(412, "VERSION_STALE", "It has version 2 now");
  const api = fakeApi({ projects: [{ name: "demo", description: "old", servers: [] }] }, { "projects.update": stale });
  const run = await edit(api, ["project", "demo"], (text) => text.replace("old", "mine"));
  expect(run).toMatchObject({
    exitCode: 1,
    stdout: "",
  });
  expect(run.stderr).toStartWith("error: Somebody changed it meanwhile: It has version 2 now\n");
  const file = /your text is kept in (\S+?);/.exec(run.stderr)?.[1] ?? "";
  expect(readFileSync(file, "utf8")).toContain("description: mine");
  expect(statSync(file).mode & 0o077).toBe(0);
  rmSync(dirname(file), { recursive: true });
});

test.each([
  ["a wrong field", (text: string) => `${text}severs: [b]\n`, "severs is no field of a project"],
  ["another name", (text: string) => text.replace("name: demo", "name: other"), "no longer about project/demo"],
  ["no YAML", (text: string) => `${text}: [`, "the edited text:"],
  ["no document", () => "", "is not one document"],
])("edit keeps a text that has %s", async (_, change, message) => {
  const api = fakeApi({ projects: [{ name: "demo", servers: [] }] });
  const run = await edit(api, ["project", "demo"], change);
  expect(run).toMatchObject({ exitCode: 2, stdout: "" });
  expect(run.stderr).toContain(message);
  const file = /your text is kept in (\S+)/.exec(run.stderr)?.[1] ?? "";
  rmSync(dirname(file), { recursive: true });
  expect(api.changes()).toEqual([]);
});

test("a token cannot be edited, and edit needs a name", async () => {
  expect(await edit(fakeApi(), ["token", "ci", "-p", "demo"], (text) => text)).toMatchObject({ exitCode: 2, stdout: "" });
  expect(await edit(fakeApi(), ["project"], (text) => text)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("which project?"),
  });
});

test("project attach and detach change one server", async () => {
  const api = fakeApi({ projects: [{ name: "demo", servers: ["a"] }] });
  expect(await captureWithApi(["project", "attach", "demo", "b"], api)).toMatchObject({ stdout: "server/b attached to project/demo\n" });
  expect(await captureWithApi(["project", "detach", "demo", "a"], api)).toMatchObject({ stdout: "server/a detached from project/demo\n" });
  expect(api.tables.projects[0]?.servers).toEqual(["b"]);
});
