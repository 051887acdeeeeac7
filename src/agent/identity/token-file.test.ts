import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadToken, saveToken } from "./token-file.ts";

let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "token-file-"));
  path = join(folder, "token");
});

afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

test("token file read and write: what is saved comes back, and only its owner can read it (0600)", async () => {
  await saveToken(path, "abc.def");
  expect(await loadToken(path)).toBe("abc.def");
  expect(await modeOf(path)).toBe("600");
  expect(await readdir(folder)).toEqual(["token"]);
});

test("a token takes the place of an older one, whose mode does not stay", async () => {
  await writeFile(path, "old", { mode: 0o644 });
  await saveToken(path, "new");
  expect([await loadToken(path), await modeOf(path)]).toEqual(["new", "600"]);
});

test("folders on the way are made for the owner alone", async () => {
  const deep = join(folder, "state", "agent", "token");
  await saveToken(deep, "abc");
  expect([await loadToken(deep), await modeOf(join(folder, "state"))]).toEqual(["abc", "700"]);
});

test("a link in the token's place is replaced and not written through", async () => {
  const victim = join(folder, "victim");
  await writeFile(victim, "mine");
  await symlink(victim, path);
  await saveToken(path, "abc");
  expect([await readFile(victim, "utf8"), await loadToken(path)]).toEqual(["mine", "abc"]);
});

test("a token that cannot be saved leaves nothing behind", async () => {
  await writeFile(path, "a file");
  await expect(saveToken(join(path, "token"), "abc")).rejects.toThrow();
  expect(await readdir(folder)).toEqual(["token"]);
});

test.each([0o644, 0o640, 0o602])("a file with mode %o is not read: others may know its token", async (mode) => {
  await saveToken(path, "abc");
  await chmod(path, mode);
  await expect(loadToken(path)).rejects.toMatchObject({ code: "precondition", reason: "TOKEN_FILE_OPEN", hint: `chmod 600 ${path}` });
});

test("a file that is not there, or holds no token, is said to be so", async () => {
  await expect(loadToken(path)).rejects.toMatchObject({ code: "not_found", reason: "TOKEN_FILE_MISSING" });
  for (const content of ["", "\n", "two words", "caf\u00e9", "x".repeat(20_000)]) {
    await writeFile(path, content, { mode: 0o600 });
    await expect(loadToken(path)).rejects.toMatchObject({ code: "invalid", reason: "TOKEN_FILE_INVALID" });
  }
});
