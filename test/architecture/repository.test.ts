import { expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { requires } from "../support/requires.ts";
import { runProgram } from "../support/run-program.ts";
import { importsOf } from "./imports.ts";
import { REPOSITORY_ROOT, readSourceFiles } from "./read-source-files.ts";

const scripts: Readonly<Record<string, string>> = manifest.scripts;
const path = (name: string) => join(REPOSITORY_ROOT, name);

test("the package is called mcpctl and is never published by accident", () => {
  expect(manifest).toMatchObject({ name: "mcpctl", private: true, type: "module" });
});

test("build, test, vet, lint, proto, proto-lint, clean and all are npm scripts", () => {
  for (const script of ["build", "test", "vet", "lint", "proto", "proto-lint", "clean", "all"]) expect(scripts[script]).toBeString();
});

test("all runs every check and the build, and stops at the first failure", () => {
  expect(scripts.all?.split(" && ")).toEqual(["npm run proto-lint", "npm run vet", "npm run lint", "npm test", "npm run build"]);
});

test("clean removes the folder that build writes and nothing else", () => {
  expect(scripts.clean).toBe("rm -rf build");
});

test("every script that an npm script starts exists", () => {
  const started = Object.values(scripts).flatMap((script) => script.match(/\b(scripts|bench|bin)\/[\w./-]+/g) ?? []);
  const missing = [...new Set(started)].filter((file) => !existsSync(path(file)));
  expect(missing).toEqual([]);
});

test("the linter is Biome, and its configuration holds its recommended rules", async () => {
  const config = await Bun.file(path("biome.json")).json();
  expect(config.linter.rules.preset).toBe("recommended");
  expect(scripts.lint).toStartWith("biome check --error-on-warnings");
});

requires(existsSync(path(".git")) && Bun.which("git") !== null, "this is no git checkout, or there is no git")(
  "git ignores what is installed, built or written while running",
  async () => {
    const ignored = ["node_modules/a", "build/mcpctl", ".mcpctl/mcpctl.db", "a.log"];
    const { stdout } = await runProgram(["git", "check-ignore", "--no-index", ...ignored], { cwd: REPOSITORY_ROOT });
    expect(stdout.trim().split("\n")).toEqual(ignored);
  },
);

test("CONTRIBUTING.md names every npm script that a contributor runs", async () => {
  const text = await Bun.file(path("CONTRIBUTING.md")).text();
  const unnamed = Object.keys(scripts).filter((script) => !text.includes(`npm run ${script}`) && !text.includes(`npm ${script}`));
  expect(unnamed).toEqual([]);
});

test("docs/ARCHITECTURE.md says of every dependency what it saves and who keeps it", async () => {
  const rows = (await Bun.file(path("docs/ARCHITECTURE.md")).text()).split("\n").filter((line) => line.startsWith("| "));
  const explained = new Set(
    rows.flatMap(
      (row) =>
        row
          .split("|")[1]
          ?.split(",")
          .map((name) => name.trim()) ?? [],
    ),
  );
  const dependencies = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)];
  expect(dependencies.filter((name) => !explained.has(name))).toEqual([]);
});

test("what the product imports is installed with it, and not for development alone", async () => {
  const product = (await readSourceFiles()).filter(({ path }) => path.startsWith("src/") && !/\.(test|fixture|contract)\.ts$/.test(path));
  const generated = await Promise.all(
    [...new Bun.Glob("gen/**/*.ts").scanSync(REPOSITORY_ROOT)].map(async (file) => ({
      path: file,
      text: await Bun.file(path(file)).text(),
    })),
  );
  const packages = [...product, ...generated].flatMap((file) =>
    importsOf(file).flatMap(({ specifier }) => /^(@[\w-]+\/)?[\w-]+/.exec(specifier ?? "")?.[0] ?? []),
  );
  const development: readonly string[] = Object.keys(manifest.devDependencies);
  expect(packages).toContain("@bufbuild/protobuf");
  expect(packages.filter((name) => development.includes(name))).toEqual([]);
});

test("every dependency has an exact version", () => {
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$/.test(version))).toEqual([]);
});

test("docs/ARCHITECTURE.md lists every decision record", async () => {
  const text = await Bun.file(path("docs/ARCHITECTURE.md")).text();
  const records = [...new Bun.Glob("*.md").scanSync({ cwd: path("docs/adr") })];
  expect(records.length).toBeGreaterThan(0);
  expect(records.filter((record) => !text.includes(`(adr/${record})`))).toEqual([]);
});

test("mcp and mcp-agent are entry points with a file to run and a composition root each", () => {
  for (const name of Object.keys(manifest.bin)) {
    expect(statSync(path(`bin/${name}`)).mode & 0o111).toBe(0o111);
    expect(existsSync(path(`src/main/${name}.ts`))).toBe(true);
  }
  expect(Object.keys(manifest.bin)).toEqual(expect.arrayContaining(["mcp", "mcp-agent"]));
});

requires(existsSync(path(".git")) && Bun.which("git") !== null, "this is no git checkout, or there is no git")(
  "the repository's root has what belongs there, and nothing that a run has left",
  async () => {
    const { stdout } = await runProgram(["git", "ls-tree", "--name-only", "HEAD"], { cwd: REPOSITORY_ROOT });
    const folders = ".ci .github bench bin completions deploy docs gen proto scripts src test".split(" ");
    const files =
      ".gitignore .npmrc CHANGELOG.md CONTRIBUTING.md LICENSE README.md SECURITY.md biome.json buf.gen.yaml buf.yaml package-lock.json package.json tsconfig.json";
    expect(stdout.trim().split("\n").sort()).toEqual([...folders, ...files.split(" ")].sort());
  },
);

test("CHANGELOG.md says nothing twice", async () => {
  const lines = (await Bun.file(path("CHANGELOG.md")).text()).split("\n").filter((line) => line.startsWith("- "));
  const beginnings = lines.map((line) => line.slice(0, 40));
  expect(beginnings.filter((text, index) => beginnings.indexOf(text) !== index)).toEqual([]);
});
