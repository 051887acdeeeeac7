import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAgentConfig } from "../../../src/agent/config/read-agent-config.ts";
import { requires } from "../../support/requires.ts";

const SCRIPT = join(import.meta.dirname, "../../../deploy/scripts/install-agent.sh");
const hasAccounts = Bun.which("groupadd", { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }) !== null;
const testOnNode = requires(hasAccounts, "groupadd and useradd are not installed");
const testVerified = requires(hasAccounts && Bun.which("systemd-analyze") !== null, "systemd-analyze is not installed");

let folder = "";
let root = "";
let binary = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "install-"));
  root = join(folder, "root");
  binary = join(folder, "mcp-agent");
  await mkdir(root);
  await writeFile(binary, "#!/bin/sh\necho one\n", { mode: 0o755 });
});
afterEach(() => rm(folder, { recursive: true }));

async function install(...args: readonly string[]) {
  const child = Bun.spawn(["sh", SCRIPT, ...args], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    cwd: folder,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  return { stdout, stderr, code };
}

const installed = (...args: readonly string[]) => install("--root", root, "--binary", binary, "--node", "rift", ...args);

/** Every path below the root with its kind, mode, owner and content. */
async function tree(path = root): Promise<Readonly<Record<string, string>>> {
  const entries: Record<string, string> = {};
  for (const name of (await readdir(path)).sort()) {
    const file = join(path, name);
    const { mode, uid, gid } = await lstat(file);
    const kind = mode & 0o170000;
    const content = kind === 0o120000 ? await readlink(file) : kind === 0o100000 ? await readFile(file, "utf8") : "";
    entries[file.slice(root.length)] = `${mode.toString(8)} ${uid}:${gid} ${content}`;
    if (kind === 0o040000) Object.assign(entries, await tree(file));
  }
  return entries;
}

testOnNode("a scratch root gets account, executable, folders, configuration and units", async () => {
  const { code, stderr, stdout } = await installed();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("systemctl enable --now mcp-agent.service mcp-agent-backup.timer");
  const entries = await tree();
  const mode = (path: string) => entries[path]?.split(" ")[0];
  expect(mode("/usr/local/bin/mcp-agent")).toBe("100755");
  expect(mode("/srv/mcp")).toBe("40750");
  expect(mode("/srv/mcp/backups")).toBe("40700");
  expect(mode("/srv/mcp/mcp-agent.toml")).toBe("100640");
  expect(mode("/srv/mcp/mcp-agent.toml.example")).toBe("100644");
  for (const unit of ["mcp-agent.service", "mcp-agent-backup.service", "mcp-agent-backup.timer"]) {
    expect(mode(`/etc/systemd/system/${unit}`)).toBe("100644");
  }
  expect(await readFile(join(root, "etc/group"), "utf8")).toMatch(/^mcp:x:\d+:$/m);
  expect(await readFile(join(root, "etc/passwd"), "utf8")).toMatch(/^mcp:x:\d+:\d+:mcp-agent:\/srv\/mcp:\/usr\/sbin\/nologin$/m);
});

testOnNode("the configuration loads as it is installed, for this node", async () => {
  await install("--root", root, "--binary", binary, "--node", "forge-2");
  const config = readAgentConfig(join(root, "srv/mcp/mcp-agent.toml"), {});
  expect(config.agent).toMatchObject({ node_name: "forge-2", backups_dir: "/srv/mcp/backups" });
});

testOnNode("run twice it leaves the same, and says that nothing was to be done", async () => {
  expect((await installed()).code).toBe(0);
  const first = await tree();
  expect(Object.keys(first).length).toBeGreaterThan(10);
  const { code, stdout } = await installed();
  expect(code).toBe(0);
  expect(await tree()).toEqual(first);
  expect(stdout).not.toMatch(/^(made|installed)/m);
});

testOnNode("an update replaces what is ours, and neither the configuration nor what is beside it", async () => {
  await installed();
  await writeFile(join(root, "srv/mcp/mcp-agent.toml"), "# mine\n");
  await writeFile(join(root, "srv/mcp/mcp-agent.db"), "registry");
  await writeFile(join(root, "etc/systemd/system/mcp-agent.service"), "old");
  await chmod(join(root, "usr/local/bin/mcp-agent"), 0o700);
  await writeFile(binary, "#!/bin/sh\necho two\n");
  const { code, stdout } = await installed("--node", "other");
  expect(code).toBe(0);
  expect(stdout).toContain("kept      /srv/mcp/mcp-agent.toml\n");
  const entries = await tree();
  expect(entries["/srv/mcp/mcp-agent.toml"]).toEndWith("# mine\n");
  expect(entries["/srv/mcp/mcp-agent.db"]).toEndWith("registry");
  expect(entries["/usr/local/bin/mcp-agent"]).toMatch(/^100755 .*echo two\n$/s);
  expect(entries["/etc/systemd/system/mcp-agent.service"]).toContain("ExecStart=");
});

testOnNode("a half-finished run is finished by the next one", async () => {
  await mkdir(join(root, "srv/mcp"), { recursive: true });
  await writeFile(join(root, "srv/mcp/mcp-agent.toml.new"), "half");
  await mkdir(join(root, "usr/local/bin"), { recursive: true });
  await writeFile(join(root, "usr/local/bin/mcp-agent.new"), "half");
  expect((await installed()).code).toBe(0);
  expect(Object.keys(await tree()).filter((path) => path.endsWith(".new"))).toEqual([]);
});

testOnNode("a link in place of a file is replaced, and what it leads to stays", async () => {
  await mkdir(join(root, "usr/local/bin"), { recursive: true });
  await writeFile(join(folder, "elsewhere"), "theirs");
  await symlink(join(folder, "elsewhere"), join(root, "usr/local/bin/mcp-agent"));
  expect((await installed()).code).toBe(0);
  expect(await readFile(join(folder, "elsewhere"), "utf8")).toBe("theirs");
  expect((await lstat(join(root, "usr/local/bin/mcp-agent"))).isFile()).toBe(true);
});

test.each([
  ["an option that there is not", ["--rooot", "/x"], 2, "there is no option '--rooot'"],
  ["an option without its value", ["--root"], 2, "--root needs a value"],
  ["an empty value", ["--root", ""], 2, "--root needs a value"],
  ["a root that is no absolute path", ["--root", "root", "--binary", "mcp-agent"], 2, "--root root is no absolute path"],
  ["a root that is not there", ["--root", "/nowhere/at/all", "--binary", "mcp-agent"], 1, "/nowhere/at/all is no folder"],
  ["an executable that is not there", ["--root", "ROOT", "--binary", "/nowhere"], 1, "/nowhere is no executable"],
  ["a folder as the executable", ["--root", "ROOT", "--binary", "root"], 1, "root is no executable"],
  ["a name that is none", ["--root", "ROOT", "--binary", "mcp-agent", "--node", 'a"b'], 2, "'a\"b' is no name of a node"],
  ["a name with capitals", ["--root", "ROOT", "--binary", "mcp-agent", "--node", "Rift"], 2, "'Rift' is no name of a node"],
  [
    "a name with a dot",
    ["--root", "ROOT", "--binary", "mcp-agent", "--node", "rift.example.org"],
    2,
    "'rift.example.org' is no name of a node",
  ],
  ["a name that begins with a digit", ["--root", "ROOT", "--binary", "mcp-agent", "--node", "1rift"], 2, "'1rift' is no name of a node"],
  ["a name of one letter", ["--root", "ROOT", "--binary", "mcp-agent", "--node", "r"], 2, "'r' is no name of a node"],
  ["a name with a slash", ["--root", "ROOT", "--binary", "mcp-agent", "--node", "a/b"], 2, "'a/b' is no name of a node"],
  ["a name that is too long", ["--root", "ROOT", "--binary", "mcp-agent", "--node", "a".repeat(64)], 2, /is no name of a node/],
] as const)("%s is refused with a hint, and nothing is changed", async (_, args, code, message) => {
  const refused = await install(...args.map((arg) => (arg === "ROOT" ? root : arg)));
  expect(refused.code).toBe(code);
  const [error = "", hint = ""] = refused.stderr.split("\n");
  expect(error).toMatch(typeof message === "string" ? `error: ${message}` : message);
  expect(hint).toStartWith("hint: ");
  expect(await readdir(root)).toEqual([]);
});

test("--help says what there is", async () => {
  const { code, stdout } = await install("--help");
  expect(code).toBe(0);
  for (const option of ["--binary FILE", "--node NAME", "--root DIR"]) expect(stdout).toContain(option);
});

testVerified("systemd itself finds no mistake in the units where they are installed", async () => {
  await installed();
  const units = ["mcp-agent.service", "mcp-agent-backup.service", "mcp-agent-backup.timer"];
  // The targets that they name come with systemd; without them it would miss those.
  for (const target of [
    "multi-user.target",
    "timers.target",
    "sysinit.target",
    "basic.target",
    "shutdown.target",
    "network-online.target",
  ]) {
    await writeFile(join(root, "etc/systemd/system", target), "[Unit]\nDescription=a target\nDefaultDependencies=no\n");
  }
  const child = Bun.spawn(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", `--root=${root}`, ...units], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
