import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceFiles } from "../../../src/agent/files/service-files.ts";
import { AppError } from "../../../src/core/app-error.ts";
import { requires } from "../../support/requires.ts";

/*
 * Rule 15, at the moment of the race: somebody who may write in the service's directory, as what runs in its container
 * may, puts a link in the place of a directory between the look and the use.
 */
const ROUNDS = 3000;
const DEADLINE_MS = 30_000;

let top = "";
let outside = "";
let web = "";
let files: ServiceFiles;
const stops: (() => Promise<void>)[] = [];

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "mcpctl-rule15-"));
  outside = join(top, "outside");
  web = join(top, "srv/web");
  mkdirSync(join(web, "conf"), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, "app.toml"), "secret");
  writeFileSync(join(web, "conf/app.toml"), "plain");
  files = new ServiceFiles({ root: join(top, "srv"), reserved: [], maxBytes: 1024, keepFreeBytes: 0 });
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  rmSync(top, { recursive: true });
});

async function startSwapping(entry: string, target: string): Promise<void> {
  const swapper = Bun.spawn([process.execPath, join(import.meta.dir, "../fixtures/swap-entry.ts"), entry, target], { stdout: "pipe" });
  stops.push(async () => {
    swapper.kill("SIGKILL");
    await swapper.exited;
  });
  await swapper.stdout.getReader().read();
}

async function* once(text: string) {
  yield Buffer.from(text);
}

async function attempt<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (thrown) {
    if (thrown instanceof AppError) return undefined;
    // The directory that was reached is gone: the swapper has put a new one in its place.
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
}

const pushTo = (path: string) =>
  attempt(() => files.push({ service: "web", path, mode: 0, size: 6 }, once("pushed"))).then((pushed) => pushed !== undefined);

async function pullFrom(path: string): Promise<string> {
  const content = await attempt(async () => {
    const file = await files.pull({ service: "web", path });
    try {
      return Buffer.concat(await Array.fromAsync(file.content)).toString();
    } finally {
      await file.close();
    }
  });
  return content ?? "refused";
}

/** How often each came out. */
async function tally(rounds: number, run: () => Promise<string>): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    const outcome = await run();
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  }
  return seen;
}

/** Until whoever looks first and then follows the path is led out: else the race was no race. */
async function untilTheCarelessAreLedOut(careless: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!careless()) {
    if (performance.now() > deadline) throw new Error("the swapping has led nobody out");
    await new Promise(setImmediate);
  }
}

function appended(path: string): boolean {
  try {
    appendFileSync(path, "!");
  } catch {
    return false; // Nothing was there at this moment.
  }
  return readFileSync(join(outside, "app.toml"), "utf8") !== "secret";
}

test("a directory that is swapped for a link leads no push and no pull out of the service's directory", async () => {
  await startSwapping(join(web, "conf"), outside);
  const pulled = await tally(ROUNDS, () => pullFrom("conf/app.toml"));
  const pushed = await tally(ROUNDS, async () => String(await pushTo("conf/new.toml")));
  expect(readdirSync(outside)).toEqual(["app.toml"]);
  expect(readFileSync(join(outside, "app.toml"), "utf8")).toBe("secret");
  expect([...pulled.keys()].sort()).toEqual(["plain", "refused"]);
  expect([...pushed.keys()].sort()).toEqual(["false", "true"]);
  await untilTheCarelessAreLedOut(() => appended(join(web, "conf/app.toml")));
});

test("a file that is swapped for a link is neither read nor written through it", async () => {
  await startSwapping(join(web, "conf/app.toml"), join(outside, "app.toml"));
  const pulled = await tally(ROUNDS, () => pullFrom("conf/app.toml"));
  await tally(ROUNDS, async () => String(await pushTo("conf/app.toml")));
  expect(readFileSync(join(outside, "app.toml"), "utf8")).toBe("secret");
  expect(pulled.has("secret")).toBe(false);
  expect(pulled.get("refused")).toBeGreaterThan(0);
  await untilTheCarelessAreLedOut(() => appended(join(web, "conf/app.toml")));
});

test("a file of more than 2 GiB, most of it holes, is sent to its end", async () => {
  const size = 2 ** 31 + 5;
  writeFileSync(join(web, "large"), "");
  truncateSync(join(web, "large"), size - 3);
  appendFileSync(join(web, "large"), "end");
  const file = await new ServiceFiles({ root: join(top, "srv"), reserved: [], maxBytes: size, keepFreeBytes: 0 }).pull({
    service: "web",
    path: "large",
  });
  let received = 0;
  let last: Uint8Array = new Uint8Array();
  for await (const chunk of file.content) {
    received += chunk.length;
    last = chunk;
  }
  await file.close();
  expect([received, Buffer.from(last.subarray(-4)).toString()]).toEqual([size, "\0end"]);
});

const mayMount = process.getuid?.() === 0 && Bun.which("mount") !== null;

requires(mayMount, "only root mounts a small disk")(
  "a disk that fills up while a file comes is said so, and nothing is left of the file",
  async () => {
    const mount = (...command: readonly string[]) => Bun.spawnSync([...command]).exitCode;
    expect(mount("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", web)).toBe(0);
    stops.push(async () => void mount("umount", web));
    const large = new ServiceFiles({ root: join(top, "srv"), reserved: [], maxBytes: 1024 * 1024, keepFreeBytes: 0 });
    async function* filling() {
      yield new Uint8Array(100 * 1024);
      writeFileSync(join(web, "other"), new Uint8Array(100 * 1024));
      yield new Uint8Array(100 * 1024);
    }
    const FULL = { code: "exhausted", reason: "DISK_FULL" };
    await expect(large.push({ service: "web", path: "conf/app.toml", mode: 0, size: 200 * 1024 }, filling())).rejects.toMatchObject(FULL);
    expect(readdirSync(join(web, "conf"))).toEqual([]);
    await expect(large.push({ service: "web", path: "a", mode: 0, size: 300 * 1024 }, filling())).rejects.toMatchObject(FULL);
    expect(await large.push({ service: "web", path: "a", mode: 0, size: 1 }, once("1"))).toMatchObject({ size: 1 });
  },
);
