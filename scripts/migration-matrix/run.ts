/** Migrates a database up, down and up again, and compares what is there with what should be. The last line says PASS. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AppError, toAppError } from "../../src/core/app-error.ts";
import { migrateDown, migrateToLatest } from "../../src/store/migrate.ts";
import { type OpenDatabase, openDatabase } from "../../src/store/open-database.ts";
import { checkRows } from "./check-rows.ts";
import { checkTables, dropBookkeeping, tableNames } from "./check-tables.ts";
import { DRIVERS, type Driver, databaseUrl, UsageError } from "./database-of-environment.ts";

const [driver, ...rest] = process.argv.slice(2);
if (rest.length > 0 || !isDriver(driver)) {
  process.stderr.write(`Usage: scripts/migration_matrix_check.sh ${DRIVERS.join("|")}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await run(driver);
}

async function run(driver: Driver): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-matrix-"));
  try {
    await checkDriver(databaseUrl(driver, process.env, join(folder, "matrix.db")));
    say(`PASS for driver=${driver}`);
    return 0;
  } catch (thrown) {
    process.stderr.write(`[migration-matrix] FAIL for driver=${driver}: ${describe(thrown)}\n`);
    return thrown instanceof UsageError ? 2 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function checkDriver(url: string): Promise<void> {
  const opened = await openDatabase(url);
  try {
    await requireEmpty(opened);
    await upAndCheck(opened, "up");
    await downAndCheck(opened);
    await upAndCheck(opened, "up again");
    await downAndCheck(opened);
    await dropBookkeeping(opened);
  } finally {
    await opened.db.destroy();
  }
}

/** What is in use is never touched: the check begins only where there is nothing. */
async function requireEmpty(opened: OpenDatabase): Promise<void> {
  const names = await tableNames(opened);
  if (names.length === 0) return;
  throw new Error(
    `the database is not empty: it holds ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}. Give one without tables`,
  );
}

async function upAndCheck(opened: OpenDatabase, step: string): Promise<void> {
  await migrateToLatest(opened.db);
  const seen = await checkTables(opened);
  await checkRows(opened.db);
  say(`${step}: ${seen}, rows written and read`);
}

async function downAndCheck(opened: OpenDatabase): Promise<void> {
  await migrateDown(opened.db);
  const names = (await tableNames(opened)).filter((name) => !name.startsWith("kysely_migration"));
  if (names.length > 0) throw new Error(`down left ${names.join(", ")}`);
  say("down: no tables");
}

function isDriver(name: string | undefined): name is Driver {
  return DRIVERS.some((known) => known === name);
}

function say(line: string): void {
  process.stdout.write(`[migration-matrix] ${line}\n`);
}

/** An unknown error is the check's own finding or the database's, and is told whole. */
function describe(thrown: unknown): string {
  const { message, hint, cause }: AppError = toAppError(thrown);
  if (cause === thrown) return thrown instanceof Error ? thrown.message : String(thrown);
  return hint === undefined ? message : `${message}; ${hint}`;
}
