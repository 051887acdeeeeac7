import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { lockFolder } from "../../src/store/sqlite/folder-lock.ts";
import { openSqlite } from "../../src/store/sqlite/open-sqlite.ts";
import { seedProject } from "../support/seed-project.ts";
import { Scratch } from "./support/scratch.ts";

const LIMIT_MS = 30_000;
const scratch = new Scratch("refused");

/** Runs `mcpctl up` where it cannot start. Its error is one line, its hint another, and nothing else follows them. */
async function refused(args: readonly string[]) {
  const ports = ["--api-port", "0", "--gateway-port", "0"];
  const { exitCode, stdout, stderr } = await scratch.run("mcpctl", ["up", ...ports, ...args]);
  const said = stderr.split("\n").filter((line) => !line.startsWith("… "));
  expect(said).toEqual([expect.stringMatching(/^error: \S/), expect.stringMatching(/^hint: \S/), ""]);
  expect(said[0]).not.toContain("Something failed inside");
  expect(stdout).toBe("");
  return { exitCode, error: said[0] ?? "", hint: said[1] ?? "" };
}

/** Takes a port of loopback for as long as `work` runs. */
async function withTakenPort(work: (port: string) => Promise<void>): Promise<void> {
  const holder = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  try {
    await work(String(holder.port));
  } finally {
    await holder.stop(true);
  }
}

describe.each(["--api-port", "--gateway-port"])("%s is taken", (flag) => {
  test(
    "the error names the port and the flag, and the next start is still a first one",
    async () => {
      const name = `taken${flag}`;
      await withTakenPort(async (port) => {
        const { exitCode, error, hint } = await refused(["--data-dir", scratch.path(name), flag, port]);
        expect(exitCode).toBe(1);
        expect(error).toContain(`Port ${port} on 127.0.0.1 is taken`);
        expect(hint).toContain(flag);
      });
      expect(existsSync(scratch.path(name, "mcpctl.db"))).toBe(false);
      const next = scratch.upWithReadyFile(name);
      expect((await next.ready()).admin?.username).toBe("admin");
      await next.stop();
    },
    LIMIT_MS,
  );
});

describe("the data folder", () => {
  test("one that cannot be made is named", async () => {
    await Bun.write(scratch.path("a file"), "");
    for (const folder of [scratch.path("a file", "below"), "/proc/mcpctl"]) {
      const { exitCode, error, hint } = await refused(["--data-dir", folder]);
      expect(exitCode).toBe(1);
      expect(error).toContain(`The data folder ${folder} `);
      expect(hint).toContain("--data-dir");
    }
  });

  test("one that is a file is called no folder, and the file is left as it is", async () => {
    await Bun.write(scratch.path("file"), "mine");
    const { exitCode, error } = await refused(["--data-dir", scratch.path("file")]);
    expect(exitCode).toBe(1);
    expect(error).toContain(`The data folder ${scratch.path("file")} is no folder`);
    expect(await Bun.file(scratch.path("file")).text()).toBe("mine");
  });

  test(
    "one that another instance holds is refused with that one's process and the folder, and that one goes on",
    async () => {
      const holder = scratch.upWithReadyFile("held");
      const { pid, gateway } = await holder.ready();
      const { exitCode, error, hint } = await refused(["--data-dir", scratch.path("held")]);
      expect(exitCode).toBe(1);
      expect(error).toContain(`process ${pid}`);
      expect(error).toContain(scratch.path("held"));
      expect(hint).toContain("--data-dir");
      expect((await fetch(`${gateway}/readyz`)).status).toBe(200);
      await holder.stop();
    },
    LIMIT_MS,
  );
});

describe("the ready file", () => {
  test("one in a folder that does not exist is an error before anything is made", async () => {
    const file = scratch.path("nowhere", "ready.json");
    const { exitCode, error, hint } = await refused(["--data-dir", scratch.path("unmade"), "--ready-file", file]);
    expect(exitCode).toBe(1);
    expect(error).toContain(file);
    expect(hint).toContain("folder");
    expect(existsSync(scratch.path("unmade"))).toBe(false);
  });

  test("one of an earlier start is gone where this start has the folder and is then refused", async () => {
    const file = scratch.path("stale.json");
    await Bun.write(file, '{"pid":1}');
    await withTakenPort(async (port) => {
      await refused(["--data-dir", scratch.path("stale"), "--ready-file", file, "--gateway-port", port]);
    });
    expect(existsSync(file)).toBe(false);
  });

  test("that of an instance that still runs is left alone where a second start is refused", async () => {
    const file = scratch.path("alive.json");
    await Bun.write(file, '{"pid":1}');
    await mkdir(scratch.path("alive"));
    const lock = lockFolder(scratch.path("alive", "lock"));
    const { exitCode, error } = await refused(["--data-dir", scratch.path("alive"), "--ready-file", file]);
    lock.release();
    expect(exitCode).toBe(1);
    expect(error).toContain("holds the data folder");
    expect(existsSync(file)).toBe(true);
  });
});

describe("the database", () => {
  test("a file that is no database is called damaged and left as it is", async () => {
    await mkdir(scratch.path("no database"));
    const file = scratch.path("no database", "mcpctl.db");
    await Bun.write(file, "this was never a database ".repeat(400));
    const { exitCode, error, hint } = await refused(["--data-dir", scratch.path("no database")]);
    expect(exitCode).toBe(1);
    expect(error).toContain(`The database ${file} is damaged`);
    expect(hint).toContain("snapshot");
    expect(await Bun.file(file).text()).toStartWith("this was never a database");
  });

  test("a database with damaged pages is called damaged", async () => {
    await seedProject(scratch.path("pages"), "pages", {});
    const file = scratch.path("pages", "mcpctl.db");
    const bytes = readFileSync(file);
    for (let offset = 4096; offset < bytes.length; offset += 4096) bytes.fill(0xa5, offset, offset + 512);
    await Bun.write(file, bytes);
    const { exitCode, error } = await refused(["--data-dir", scratch.path("pages")]);
    expect(exitCode).toBe(1);
    expect(error).toContain(`The database ${file} is damaged`);
  });

  test("one that a newer mcpctl has written is refused with what to do", async () => {
    await seedProject(scratch.path("newer"), "newer", {});
    const db = openSqlite(scratch.path("newer", "mcpctl.db"));
    const migrations = db.withTables<{ kysely_migration: { name: string; timestamp: string } }>();
    await migrations.insertInto("kysely_migration").values({ name: "9999-later", timestamp: "2099-01-01" }).execute();
    await db.destroy();
    const { exitCode, error, hint } = await refused(["--data-dir", scratch.path("newer")]);
    expect(exitCode).toBe(1);
    expect(error).toContain("newer mcpctl (it has 9999-later)");
    expect(hint).toContain("newer mcpctl");
  });
});

test("after a refused start no instance file says that somebody is there", async () => {
  const files = ["no database", "pages", "newer"].flatMap((name) => readdirSync(scratch.path(name)));
  expect(files).toContain("lock");
  expect(files).not.toContain("instance.json");
});

test.each([
  [["--api-port", "abc"], "--api-port"],
  [["--gateway-port", "70000"], "--gateway-port"],
  [["--api-port", "4000", "--gateway-port", "4000"], "4000"],
  [["--host", "no address"], "--host"],
  [["--data-dir", ""], "--data-dir"],
  [["--ready-file", ""], "--ready-file"],
  [["--frobnicate"], "--frobnicate"],
  [["leftover"], "leftover"],
])("wrong usage %j exits with 2, names what is wrong and makes nothing", async (args, named) => {
  const folder = scratch.path("usage");
  const { exitCode, error } = await refused(["--data-dir", folder, ...args]);
  expect(exitCode).toBe(2);
  expect(error).toContain(named);
  expect(existsSync(folder)).toBe(false);
});
