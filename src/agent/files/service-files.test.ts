import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requires } from "../../../test/support/requires.ts";
import { ServiceFiles } from "./service-files.ts";

const MIB = 1024 * 1024;
let root = "";
let files: ServiceFiles;
const service = () => join(root, "web");

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mcpctl-files-"));
  files = new ServiceFiles({ root, reserved: [join(root, "mcp")], maxBytes: 64 * MIB, keepFreeBytes: 0 });
});

afterEach(() => rmSync(root, { recursive: true }));

async function* chunks(...parts: readonly (string | Uint8Array)[]) {
  for (const part of parts) yield typeof part === "string" ? Buffer.from(part) : part;
}

function push(path: string, text: string, more: { mode?: number; size?: number; service?: string; signal?: AbortSignal } = {}) {
  const { mode = 0, size = Buffer.byteLength(text), signal } = more;
  return files.push({ service: more.service ?? "web", path, mode, size }, chunks(text), signal);
}

async function pull(path: string) {
  const file = await files.pull({ service: "web", path });
  try {
    return { mode: file.mode, size: file.size, modifiedAt: file.modifiedAt, content: Buffer.concat(await Array.fromAsync(file.content)) };
  } finally {
    await file.close();
  }
}

const modeOf = (path: string) => statSync(join(service(), path)).mode & 0o7777;
const sha256 = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex");

test("a file lies under its service's directory with its mode, and the way to it is made", async () => {
  expect(await push("conf/deep/app.toml", "a = 1\n", { mode: 0o640 })).toEqual({
    path: join(service(), "conf/deep/app.toml"),
    size: 6,
    sha256: sha256("a = 1\n"),
  });
  expect(readFileSync(join(service(), "conf/deep/app.toml"), "utf8")).toBe("a = 1\n");
  expect([modeOf("."), modeOf("conf"), modeOf("conf/deep"), modeOf("conf/deep/app.toml")]).toEqual([0o755, 0o755, 0o755, 0o640]);
  expect(readdirSync(join(service(), "conf/deep"))).toEqual(["app.toml"]);
});

test("without a mode a new file is 0644 and an old one keeps its own, but for setuid and the like", async () => {
  await push("a", "1");
  expect(modeOf("a")).toBe(0o644);
  chmodSync(join(service(), "a"), 0o4711);
  await push("a", "2");
  expect([modeOf("a"), readFileSync(join(service(), "a"), "utf8")]).toEqual([0o711, "2"]);
  for (const mode of [0o4755, 0o2755, 0o1755, -1, 0.5]) {
    await expect(push("a", "3", { mode })).rejects.toMatchObject({ code: "invalid", reason: "FILE_MODE_INVALID" });
  }
});

requires(process.getuid?.() === 0, "only root gives files away")("a file that is pushed again keeps its owner", async () => {
  await push("a", "1");
  chownSync(join(service(), "a"), 10001, 10002);
  await push("a", "2");
  expect([statSync(join(service(), "a")).uid, statSync(join(service(), "a")).gid]).toEqual([10001, 10002]);
});

test("a pull gives content, mode, size and time", async () => {
  const content = new Uint8Array(200_000).map((_, index) => index * 7);
  await files.push(
    { service: "web", path: "data.bin", mode: 0o600, size: content.length },
    chunks(content.subarray(0, 7), content.subarray(7)),
  );
  utimesSync(join(service(), "data.bin"), 1_000, 1_234_567_890);
  const file = await pull("data.bin");
  expect(sha256(file.content)).toBe(sha256(content));
  expect(file).toMatchObject({ mode: 0o600, size: 200_000, modifiedAt: new Date(1_234_567_890_000) });
});

test("a file of no bytes and one with holes pass", async () => {
  expect(await push("empty", "")).toMatchObject({ size: 0, sha256: sha256("") });
  expect((await pull("empty")).content.length).toBe(0);
  writeFileSync(join(service(), "holes"), "");
  truncateSync(join(service(), "holes"), 3 * MIB);
  expect(sha256((await pull("holes")).content)).toBe(sha256(new Uint8Array(3 * MIB)));
});

test("more or fewer bytes than were announced leave the old content, and nothing else", async () => {
  await push("a", "old");
  for (const size of [2, 4]) {
    await expect(push("a", "new", { size })).rejects.toMatchObject({ code: "invalid", reason: "FILE_SIZE_WRONG" });
  }
  expect(readFileSync(join(service(), "a"), "utf8")).toBe("old");
  expect(readdirSync(service())).toEqual(["a"]);
});

test("a sender that breaks off leaves nothing", async () => {
  async function* breaking() {
    yield Buffer.from("half");
    throw new Error("gone");
  }
  await expect(files.push({ service: "web", path: "a", mode: 0, size: 8 }, breaking())).rejects.toThrow("gone");
  expect(readdirSync(service())).toEqual([]);
});

test("a push that is called off while its sender is silent ends at once and leaves nothing", async () => {
  const controller = new AbortController();
  async function* silent() {
    yield Buffer.from("half");
    controller.abort(new Error("the agent stops"));
    await new Promise(() => {});
  }
  const pushing = files.push({ service: "web", path: "a", mode: 0, size: 8 }, silent(), controller.signal);
  await expect(pushing).rejects.toThrow("the agent stops");
  expect(readdirSync(service())).toEqual([]);
});

test("what a killed push has left goes with the next one, and one that is on its way stays", async () => {
  mkdirSync(service());
  writeFileSync(join(service(), ".mcp-push-4194999-0011223344556677"), "half");
  writeFileSync(join(service(), `.mcp-push-${process.pid}-0011223344556677`), "half");
  writeFileSync(join(service(), ".mcp-push-notes"), "not ours");
  await push("a", "1");
  expect(readdirSync(service()).sort()).toEqual([`.mcp-push-${process.pid}-0011223344556677`, ".mcp-push-notes", "a"].sort());
});

test("of a hundred pushes at once to one path the last one stays, whole", async () => {
  const text = (number: number) => `${number % 10}`.repeat(10_000 + number);
  const pushed = await Promise.all(Array.from({ length: 100 }, (_, number) => push("conf/a", text(number))));
  const content = readFileSync(join(service(), "conf/a"));
  expect(pushed.map((each) => each.sha256)).toContain(sha256(content));
  expect(readdirSync(join(service(), "conf"))).toEqual(["a"]);
});

test("a file over the limit is neither taken nor sent", async () => {
  const small = new ServiceFiles({ root, reserved: [], maxBytes: 3, keepFreeBytes: 0 });
  await push("a", "1234");
  const TOO_LARGE = { code: "invalid", reason: "FILE_TOO_LARGE" };
  await expect(small.push({ service: "web", path: "b", mode: 0, size: 4 }, chunks("1234"))).rejects.toMatchObject(TOO_LARGE);
  await expect(small.pull({ service: "web", path: "a" })).rejects.toMatchObject(TOO_LARGE);
});

test("what would not leave the disk its reserve is refused before a byte is written", async () => {
  const careful = new ServiceFiles({ root, reserved: [], maxBytes: MIB, keepFreeBytes: Number.MAX_SAFE_INTEGER });
  const pushing = careful.push({ service: "web", path: "a", mode: 0, size: 1 }, chunks("1"));
  await expect(pushing).rejects.toMatchObject({ code: "exhausted", reason: "DISK_FULL" });
  expect(readdirSync(service())).toEqual([]);
});

test("links, directories, pipes and files of two names are neither replaced nor read", async () => {
  mkdirSync(join(service(), "folder"), { recursive: true });
  writeFileSync(join(root, "outside"), "secret");
  symlinkSync(join(root, "outside"), join(service(), "link"));
  symlinkSync("nowhere", join(service(), "dangling"));
  linkSync(join(root, "outside"), join(service(), "hard"));
  Bun.spawnSync(["mkfifo", join(service(), "pipe")]);
  const expected = {
    link: "FILE_PATH_SYMLINK",
    dangling: "FILE_PATH_SYMLINK",
    folder: "FILE_NOT_REGULAR",
    pipe: "FILE_NOT_REGULAR",
    hard: "FILE_HARD_LINKED",
  };
  for (const [path, reason] of Object.entries(expected)) {
    await expect(push(path, "x")).rejects.toMatchObject({ code: "precondition", reason });
    await expect(pull(path)).rejects.toMatchObject({ code: "precondition", reason });
  }
  expect(readFileSync(join(root, "outside"), "utf8")).toBe("secret");
  expect(readdirSync(service()).sort()).toEqual(Object.keys(expected).sort());
});

test("a file in the way of a directory is refused, and what is not there is not found", async () => {
  await push("a", "1");
  await expect(push("a/b", "2")).rejects.toMatchObject({ code: "precondition", reason: "FILE_NOT_REGULAR" });
  for (const path of ["none", "none/none"]) await expect(pull(path)).rejects.toMatchObject({ code: "not_found", reason: "FILE_NOT_FOUND" });
  await expect(files.pull({ service: "other", path: "a" })).rejects.toMatchObject({ code: "not_found", reason: "FILE_NOT_FOUND" });
  expect(existsSync(join(root, "other"))).toBe(false);
});

test("what cannot be one part of a path is no service", async () => {
  for (const name of ["", ".", "..", "a/b", "../web", ".hidden", "a\0", "x".repeat(64)]) {
    await expect(push("a", "1", { service: name })).rejects.toMatchObject({ code: "invalid", reason: "SERVICE_NAME_INVALID" });
  }
  expect(readdirSync(root)).toEqual([]);
});

test("the agent's own directory is out of reach, by whatever name", async () => {
  mkdirSync(join(root, "mcp/data"), { recursive: true });
  writeFileSync(join(root, "mcp/registry.db"), "secret");
  const RESERVED = { code: "denied", reason: "SERVICE_FOLDER_RESERVED" };
  for (const path of ["registry.db", "data/x", "new/x"]) {
    await expect(push(path, "x", { service: "mcp" })).rejects.toMatchObject(RESERVED);
    await expect(files.pull({ service: "mcp", path })).rejects.toMatchObject(RESERVED);
  }
  expect(readdirSync(join(root, "mcp")).sort()).toEqual(["data", "registry.db"]);
});

test("a root that is not there is said with its cure", async () => {
  const lost = new ServiceFiles({ root: join(root, "none"), reserved: [], maxBytes: 1, keepFreeBytes: 0 });
  await expect(lost.pull({ service: "web", path: "a" })).rejects.toMatchObject({
    code: "precondition",
    reason: "FILES_ROOT_MISSING",
    hint: expect.stringContaining("install -d"),
  });
});

test("no descriptor is left open", async () => {
  const open = () => readdirSync("/proc/self/fd").length;
  await push("conf/a", "1");
  const before = open();
  for (let round = 0; round < 50; round += 1) {
    await push("conf/a", "1");
    await pull("conf/a");
    await push("conf/a/b", "1").catch(() => {});
    await push("conf", "1").catch(() => {});
    await pull("conf/none").catch(() => {});
  }
  expect(open()).toBeLessThanOrEqual(before);
});
