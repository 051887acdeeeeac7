import { Kysely, MysqlDialect, sql } from "kysely";
import { AppError } from "../../core/app-error.ts";
import { describeServer, type ServerUrl } from "../database-url.ts";
import type { Schema } from "../schema.ts";
import { ByteOrderMysqlCompiler } from "./byte-order-compiler.ts";
import { mysqlPool } from "./mysql-pool.ts";

/** By bytes and without padding, MariaDB's and MySQL's: plain `utf8mb4_bin` takes "a" and "a " for one. */
const COLLATIONS = ["utf8mb4_nopad_bin", "utf8mb4_0900_bin"] as const;

/**
 * Opens a database on a MySQL or MariaDB server and sees that it answers.
 *
 * Throws `unavailable`/`DATABASE_UNREACHABLE`, here and whenever a connection cannot be made later on, and
 * `precondition`/`DATABASE_UNSUITABLE` where the server has no collation that compares by bytes.
 */
export async function openMysql(url: ServerUrl): Promise<Kysely<Schema>> {
  // One pool for the question and the answer: the compiler needs the collation before the first table.
  const pool = mysqlPool(url);
  const probe = new Kysely<Schema>({ dialect: new MysqlDialect({ pool }) });
  try {
    const collation = await collationOf(probe, url);
    return new Kysely<Schema>({ dialect: new ByteOrderMysqlDialect(collation, { pool }) });
  } catch (thrown) {
    await probe.destroy();
    throw thrown;
  }
}

class ByteOrderMysqlDialect extends MysqlDialect {
  readonly #collation: string;

  constructor(collation: string, config: ConstructorParameters<typeof MysqlDialect>[0]) {
    super(config);
    this.#collation = collation;
  }

  override createQueryCompiler() {
    return new ByteOrderMysqlCompiler(this.#collation);
  }
}

async function collationOf(db: Kysely<Schema>, url: ServerUrl): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select collation_name as name from information_schema.collations where collation_name in (${sql.join([...COLLATIONS])})`.execute(db);
  const collation = COLLATIONS.find((known) => rows.some(({ name }) => name === known));
  if (collation !== undefined) return collation;
  throw new AppError("precondition", "DATABASE_UNSUITABLE", `The server of the ${describeServer(url)} is too old`, {
    hint: "use MariaDB 10.3 or later, or MySQL 8.0.17 or later",
  });
}
