/** docs/ARCHITECTURE.md names folders and files that there are, and every folder of src once. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "./read-source-files.ts";

const text = await Bun.file(join(REPOSITORY_ROOT, "docs/ARCHITECTURE.md")).text();
const files = [...new Bun.Glob("{src,test,bench,scripts,proto,gen}/**/*").scanSync(REPOSITORY_ROOT)];
const named = [...new Set([...text.matchAll(/`([\w./-]+)`/g)].map((match) => match[1] ?? ""))];

test("every file that docs/ARCHITECTURE.md names is there", () => {
  const paths = named.filter((name) => /\.(ts|js|json|toml)$/.test(name));
  expect(paths.length).toBeGreaterThan(40);
  expect(paths.filter((path) => !files.some((file) => file === path || file.endsWith(`/${path}`)))).toEqual([]);
});

test("every folder that docs/ARCHITECTURE.md names with its way is there", () => {
  const folders = named.filter((name) => /^(src|test|bench|docs|control|gateway)\/[\w/-]+$/.test(name) && name !== "src/console");
  const isThere = (folder: string) => existsSync(join(REPOSITORY_ROOT, folder)) || existsSync(join(REPOSITORY_ROOT, "src", folder));
  expect(folders.length).toBeGreaterThan(20);
  expect(folders.filter((folder) => !isThere(folder))).toEqual([]);
});

test("the layout has every folder of src once, and says of none that it is not there", () => {
  const section = text.split(/^## /m).find((each) => each.startsWith("Layout\n")) ?? "";
  const rows = [...section.matchAll(/^\| `src\/([\w-]+)` \| (.*) \|$/gm)].map((match) => ({
    folder: match[1] ?? "",
    holds: match[2] ?? "",
  }));
  const there = readdirSync(join(REPOSITORY_ROOT, "src"));
  const absent = rows.filter(({ holds }) => holds.endsWith("(not there yet)")).map(({ folder }) => folder);
  expect(rows.map(({ folder }) => folder).sort()).toEqual([...there, ...absent].sort());
  expect(absent.filter((folder) => there.includes(folder))).toEqual([]);
});
