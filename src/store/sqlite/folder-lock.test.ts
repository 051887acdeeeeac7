import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFolder } from "./folder-lock.ts";

let folder = "";
let file = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-lock-"));
  file = join(folder, "lock");
});

afterEach(() => rm(folder, { recursive: true }));

const HELD = expect.objectContaining({ code: "conflict", reason: "DATA_FOLDER_HELD" });

function locking(): unknown {
  try {
    lockFolder(file).release();
    return "free";
  } catch (thrown) {
    return thrown;
  }
}

/** Another process that takes the lock, says so, and lives until it is killed; what it runs gets its descriptors. */
async function startHolder() {
  const script = `
    const { lockFolder } = await import(${JSON.stringify(join(import.meta.dir, "folder-lock.ts"))});
    globalThis.lock = lockFolder(${JSON.stringify(file)});
    const child = Bun.spawn(["sleep", "1000"], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
    console.log(child.pid);
    setInterval(() => {}, 1000);
  `;
  const holder = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
  const { value } = await holder.stdout.getReader().read();
  return { holder, childPid: Number(new TextDecoder().decode(value)) };
}

test("a folder is held by one at a time, and is free when it was released", () => {
  const lock = lockFolder(file);
  expect(locking()).toEqual(HELD);
  expect(locking()).toEqual(HELD);
  lock.release();
  expect(locking()).toBe("free");
});

test("a folder that another process holds is refused, and is free when that was killed, whatever it had started", async () => {
  const { holder, childPid } = await startHolder();
  expect(locking()).toEqual(HELD);
  holder.kill("SIGKILL");
  await holder.exited;
  expect(locking()).toBe("free");
  process.kill(childPid, "SIGKILL");
});
