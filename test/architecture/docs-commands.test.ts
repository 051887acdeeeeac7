/** What the documents tell people to type: programs with commands and flags that there are, reasons, keys and links. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { AGENT_CONFIG_KEYS } from "../../src/agent/config/known-keys.ts";
import { BARE_DEPS } from "../../src/cli/captured-cli.fixture.ts";
import { type CommandNode, commandTree } from "../../src/cli/completion/command-tree.ts";
import { createAgentProgram } from "../../src/cli/mcp-agent-program.ts";
import { createMcpdProgram } from "../../src/cli/mcpd-program.ts";
import { createGatewayProgram } from "../../src/cli/mcplocal-program.ts";
import { createProgram } from "../../src/cli/program.ts";
import { REPOSITORY_ROOT } from "./read-source-files.ts";

const NAMES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...new Bun.Glob("docs/*.md").scanSync(REPOSITORY_ROOT)].sort();
const documents = await Promise.all(NAMES.map(async (name) => ({ name, text: await Bun.file(join(REPOSITORY_ROOT, name)).text() })));

const output = { stdout: () => {}, stderr: () => {} };
// Nothing is run: what the programs would need is never asked for.
const nothing = { ...output } as never;
const commands: readonly CommandNode[] = [
  await createProgram({ ...BARE_DEPS, ...output }),
  createMcpdProgram(nothing),
  createGatewayProgram(nothing),
  createAgentProgram(nothing),
].flatMap(commandTree);

/** Code in a text: spans, and the lines of blocks without what is said of them; a line that goes on is one. */
function codeOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^ *```\w*\n([\s\S]*?)^ *```/gm)].map((match) => match[1] ?? "");
  const lines = blocks.flatMap((block) => block.replaceAll(/\\\n */g, " ").split("\n"));
  const spans = [...text.replaceAll(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
  return [...lines.map((line) => line.replace(/\s+#.*/, "")), ...spans];
}

/** What is wrong with a call of one of our programs; undefined where nothing is, or it is none. */
function mistakeIn(code: string): string | undefined {
  const called = /^\s*(?:\$ )?(?:sudo )?(?:[A-Z_]+=\S* )*(?:bin\/|build\/)?(mcpctl|mcpd|mcplocal|mcp-agent) (.+)/.exec(code);
  if (called === null) return undefined;
  const [, program = "", rest = ""] = called;
  const words =
    rest
      .split(/ -- | [|&<>;]/)[0]
      ?.trim()
      .split(/\s+/) ?? [];
  let path = program;
  for (const word of words) {
    if (!commands.some((command) => leadsTo(command, `${path} ${word}`))) break;
    path = `${path} ${word}`;
  }
  const command = commands.find((each) => leadsTo(each, path));
  const [next = ""] = path === program ? words : words.slice(path.split(" ").length - 1);
  // `stop`, `stop|start`, `node …`: a group of commands takes one of its own.
  if (command !== undefined && command.children.length > 0 && /^[a-z][a-z-]*$/.test(next)) return `there is no '${path} ${next}'`;
  const known = commands.filter((each) => each.path === path || each.path === program || leadsTo(each, path));
  const flags = words.flatMap((word) => /^(--?[a-zA-Z][\w-]*)/.exec(word)?.[1] ?? []);
  const unknown = flags.filter((flag) => !["--help", "-h", "--version"].includes(flag) && !hasFlag(known, flag));
  return unknown.length === 0 ? undefined : `'${path}' has no ${unknown.join(", ")}`;
}

function leadsTo({ path, aliases }: CommandNode, words: string): boolean {
  return path === words || aliases.includes(words);
}

function hasFlag(nodes: readonly CommandNode[], flag: string): boolean {
  return nodes.some(({ options }) => options.some(({ words }) => words.includes(flag)));
}

test.each(documents)("$name names commands and flags that there are", ({ text }) => {
  expect(codeOf(text).flatMap((code) => (mistakeIn(code) === undefined ? [] : [`${code}: ${mistakeIn(code)}`]))).toEqual([]);
});

test("a command or a flag that there is not is found", () => {
  expect(mistakeIn("mcpctl deplot ha")).toBe("there is no 'mcpctl deplot'");
  expect(mistakeIn("bin/mcpctl node drian rift")).toBe("there is no 'mcpctl node drian'");
  expect(mistakeIn("mcpctl deploy ha --yess")).toBe("'mcpctl deploy' has no --yess");
  expect(mistakeIn("sudo mcp-agent doctor --fix")).toBe("'mcp-agent doctor' has no --fix");
  expect(mistakeIn("mcpctl exec ha/api -- ls --all")).toBeUndefined();
  expect(mistakeIn("MCPCTL_URL=x mcpctl get servers -o json | jq .")).toBeUndefined();
});

const reasons = new Set(
  [...(documents.find(({ name }) => name === "docs/errors.md")?.text ?? "").matchAll(/^\| `([A-Z][A-Z_]+)` \| [a-z_]+ \|/gm)].map(
    ([, reason]) => reason ?? "",
  ),
);

test("docs/RUNBOOK.md names reasons, keys of an agent's configuration, and files that there are", () => {
  const runbook = documents.find(({ name }) => name === "docs/RUNBOOK.md")?.text ?? "";
  const named = [...runbook.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map((match) => match[1] ?? "");
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((reason) => !reasons.has(reason))).toEqual([]);
  const keys = [...runbook.matchAll(/`((?:server|database|mcias|agent|proxy|monitor|log|snapshots|limits)\.[a-z_]+)`/g)].map(
    (match) => match[1] ?? "",
  );
  expect(keys.length).toBeGreaterThan(5);
  expect(keys.filter((key) => !AGENT_CONFIG_KEYS.has(key))).toEqual([]);
  const files = [...runbook.matchAll(/\b(deploy\/[\w./-]+)/g)].map((match) => match[1] ?? "");
  expect(files.filter((file) => !existsSync(join(REPOSITORY_ROOT, file)))).toEqual([]);
});

test.each(documents)("the links of $name lead to files and headings that there are", async ({ name, text }) => {
  const broken: string[] = [];
  for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = "", heading] = target.split("#");
    const file = path === "" ? name : join(dirname(name), path);
    if (!existsSync(join(REPOSITORY_ROOT, file))) broken.push(target);
    else if (heading !== undefined && !headingsOf(await Bun.file(join(REPOSITORY_ROOT, file)).text()).includes(heading))
      broken.push(target);
  }
  expect(broken).toEqual([]);
});

/** As GitHub makes anchors of them. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? "")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
