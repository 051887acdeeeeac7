import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { smallComponent, smallService } from "./definition.fixture.ts";
import {
  loadServiceDefinition,
  loadServiceDefinitions,
  readServiceFolder,
  setActiveInFile,
  writeServiceDefinition,
} from "./service-files.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "services-"));
});
afterEach(() => rm(folder, { recursive: true }));

const named = (name: string, component = name) => ({ ...smallService(), name, components: [smallComponent({ name: component })] });
const put = (name: string, text: string) => writeFile(join(folder, name), text);
const get = (name: string) => readFile(join(folder, name), "utf8");

test("what is written is loaded again, and no other file is left", async () => {
  const path = join(folder, "deeper", "shop.toml");
  await writeServiceDefinition(path, smallService());
  expect(await loadServiceDefinition(path)).toEqual(smallService());
  expect(await readdir(join(folder, "deeper"))).toEqual(["shop.toml"]);
});

test("a file that is there keeps its comments, its mode and its link", async () => {
  await writeServiceDefinition(join(folder, "real.toml"), smallService());
  await put("real.toml", `# mine\n${await get("real.toml")}`);
  await chmod(join(folder, "real.toml"), 0o640);
  await symlink("real.toml", join(folder, "shop.toml"));
  await writeServiceDefinition(join(folder, "shop.toml"), smallService({ image: "shop:v2" }));
  await setActiveInFile(join(folder, "shop.toml"), false);
  expect(await get("real.toml")).toStartWith('# mine\nname = "shop"\nnode = "rift"\nactive = false\n');
  expect(await loadServiceDefinition(join(folder, "real.toml"))).toEqual({ ...smallService({ image: "shop:v2" }), active: false });
  expect((await stat(join(folder, "real.toml"))).mode & 0o777).toBe(0o640);
  expect(await readdir(folder)).toEqual(["real.toml", "shop.toml"]);
});

test("a file that is no definition is not written over, unless that is asked for", async () => {
  const path = join(folder, "shop.toml");
  await put("shop.toml", "half of a fi");
  await expect(writeServiceDefinition(path, smallService())).rejects.toMatchObject({ reason: "SERVICE_DEFINITION_INVALID" });
  expect(await get("shop.toml")).toBe("half of a fi");
  await writeServiceDefinition(path, smallService(), { replace: true });
  expect(await loadServiceDefinition(path)).toEqual(smallService());
});

test("a file whose change would lose something stays as it is", async () => {
  const path = join(folder, "shop.toml");
  await writeServiceDefinition(path, smallService());
  const before = await get("shop.toml");
  const gone = { ...smallService(), components: [smallComponent({ name: "other" })] };
  await expect(writeServiceDefinition(path, gone)).rejects.toMatchObject({ reason: "SERVICE_DEFINITION_NOT_EDITABLE" });
  expect(await get("shop.toml")).toBe(before);
});

test("all .toml files of a folder are loaded, in the order of their names, and nothing else", async () => {
  await writeServiceDefinition(join(folder, "b.toml"), named("first"));
  await writeServiceDefinition(join(folder, "a.toml"), named("second"));
  await put(".c.toml", "hidden");
  await put("notes.txt", "none");
  await put("d.toml.bak", "old");
  expect((await loadServiceDefinitions(folder)).map(({ name }) => name)).toEqual(["second", "first"]);
});

test("a folder says all that is wrong in it, and still gives the rest; who wants all of it gets the first mistake", async () => {
  await writeServiceDefinition(join(folder, "a.toml"), named("a"));
  await writeServiceDefinition(join(folder, "b.toml"), named("a"));
  await put("c.toml", "name = 1");
  const { files, failures } = await readServiceFolder(folder);
  expect(files.map(({ path }) => path)).toEqual([join(folder, "a.toml")]);
  expect(failures.map(({ path, error }) => [path, error.reason])).toEqual([
    [join(folder, "b.toml"), "SERVICE_DEFINED_TWICE"],
    [join(folder, "c.toml"), "SERVICE_DEFINITION_INVALID"],
  ]);
  await expect(loadServiceDefinitions(folder)).rejects.toMatchObject({
    message: `${join(folder, "b.toml")}: ${join(folder, "a.toml")} defines the service a too`,
  });
});

test("two services of a folder that would have one container are refused", async () => {
  await writeServiceDefinition(join(folder, "a.toml"), named("a", "b-c"));
  await writeServiceDefinition(join(folder, "b.toml"), named("a-b", "c"));
  await expect(loadServiceDefinitions(folder)).rejects.toMatchObject({ code: "conflict", reason: "CONTAINER_NAMES_CLASH" });
});

test("what cannot be read or written says so", async () => {
  const unreadable = { code: "not_found", reason: "SERVICE_DEFINITION_UNREADABLE" };
  await expect(loadServiceDefinition(join(folder, "none.toml"))).rejects.toMatchObject(unreadable);
  await expect(loadServiceDefinition(folder)).rejects.toMatchObject({ message: `${folder} cannot be read: no regular file` });
  await expect(loadServiceDefinitions(join(folder, "none"))).rejects.toMatchObject(unreadable);
  await put("large.toml", "#".repeat(300 * 1024));
  await expect(loadServiceDefinition(join(folder, "large.toml"))).rejects.toMatchObject({ reason: "SERVICE_DEFINITION_INVALID" });
  await put("file", "");
  await expect(writeServiceDefinition(join(folder, "file", "shop.toml"), smallService())).rejects.toMatchObject({
    code: "precondition",
    reason: "SERVICE_DEFINITION_UNWRITABLE",
  });
});
