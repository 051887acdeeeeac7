import { Database } from "bun:sqlite";
import { expect } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takeSnapshot } from "../../../src/agent/snapshot/take-snapshot.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { checkSqliteFile } from "../../../src/store/sqlite/check-sqlite-file.ts";
import { copySqliteFile } from "../../../src/store/sqlite/copy-sqlite-file.ts";
import { requires } from "../../support/requires.ts";

const mayMount = process.getuid?.() === 0 && Bun.which("mount") !== null;

requires(mayMount, "only root mounts a small disk")(
  "a snapshot that finds no room says so, leaves nothing and works when there is room again",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "mcpctl-full-"));
    const backups = join(folder, "backups");
    mkdirSync(backups);
    expect(Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", backups]).exitCode).toBe(0);
    try {
      const file = join(folder, "agent.db");
      const database = new Database(file, { create: true });
      database.run("CREATE TABLE note (text BLOB)");
      database.run("INSERT INTO note VALUES (randomblob(600000))");
      database.close();
      const take = () =>
        takeSnapshot({ copyTo: (to) => copySqliteFile(file, to), check: checkSqliteFile, folder: backups, keep: 3, clock: systemClock });
      writeFileSync(join(backups, "other"), new Uint8Array(700_000));
      await expect(take()).rejects.toMatchObject({ code: "exhausted", reason: "DISK_FULL" });
      expect(readdirSync(backups)).toEqual(["other"]);
      rmSync(join(backups, "other"));
      expect(checkSqliteFile((await take()).path)).toBeUndefined();
      expect(checkSqliteFile(file)).toBeUndefined();
    } finally {
      Bun.spawnSync(["umount", backups]);
      rmSync(folder, { recursive: true });
    }
  },
);
