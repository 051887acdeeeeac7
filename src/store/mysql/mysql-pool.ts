import type { MysqlPool, MysqlPoolConnection } from "kysely";
import { createPool, type PoolConnection, type PoolOptions } from "mysql2";
import type { AppError } from "../../core/app-error.ts";
import { type ConnectProblem, databaseUnreachable } from "../database-unreachable.ts";
import type { ServerUrl } from "../database-url.ts";
import { tlsOptions } from "../tls-options.ts";

const IDLE_MS = 60_000;

/**
 * What each connection is told first. `sql_mode` is set whole, since a server may have any.
 *
 * A transaction that idles belongs to a machine that is gone and is cut off after `wait_timeout` seconds; the pool
 * lets idle connections go before that.
 */
const SETTINGS = [
  `set session sql_mode = 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT',
    session time_zone = '+00:00', session wait_timeout = 120, session innodb_lock_wait_timeout = 10`,
  "set session transaction isolation level read committed",
];

/**
 * A pool for Kysely: every connection is set up before its first use, and errors of the server keep their codes but not
 * the statement, in which the driver has written the parameters, secrets among them.
 */
export function mysqlPool(url: ServerUrl): MysqlPool {
  const pool = createPool(poolOptions(url));
  const prepared = new WeakMap<PoolConnection, MysqlPoolConnection>();
  return {
    end: (callback) => pool.end(callback),
    getConnection(callback) {
      pool.getConnection((error, connection) => {
        if (error !== null) return callback(connectError(url, error), undefined as never);
        const known = prepared.get(connection);
        if (known !== undefined) return callback(undefined, known);
        void prepare(connection).then(
          () => {
            const ours = withoutStatements(connection);
            prepared.set(connection, ours);
            callback(undefined, ours);
          },
          (cause: unknown) => {
            connection.destroy();
            callback(connectError(url, cause), undefined as never);
          },
        );
      });
    },
  };
}

function poolOptions(url: ServerUrl): PoolOptions {
  const tls = tlsOptions(url.tls);
  return {
    host: url.host,
    port: url.port,
    user: url.user,
    ...(url.password === undefined ? {} : { password: url.password }),
    database: url.database,
    ...(tls === undefined ? {} : { ssl: { ...tls, verifyIdentity: url.tls.mode === "verify-full" } }),
    connectTimeout: url.connectTimeoutMs,
    connectionLimit: url.poolSize,
    maxIdle: 0,
    idleTimeout: IDLE_MS,
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
    charset: "utf8mb4",
    timezone: "Z",
    decimalNumbers: true,
    // An object as a parameter is text and never becomes SQL.
    stringifyObjects: true,
    flags: ["-LOCAL_FILES"],
  };
}

async function prepare(connection: PoolConnection): Promise<void> {
  for (const statement of SETTINGS) {
    await new Promise<void>((resolve, reject) => {
      connection.query(statement, (error) => (error === null ? resolve() : reject(error)));
    });
  }
}

function withoutStatements(connection: PoolConnection): MysqlPoolConnection {
  return {
    config: connection.config,
    threadId: connection.threadId,
    connect: (callback) => connection.connect(callback),
    destroy: () => connection.destroy(),
    release: () => connection.release(),
    query(sql, parameters, callback) {
      // Without a callback it is read as a stream.
      if (callback === undefined) return connection.query(sql, parameters);
      return connection.query(sql, parameters, (error, result) => {
        if (error !== null) Reflect.deleteProperty(error, "sql");
        callback(error, result as never);
      });
    },
  };
}

function connectError(url: ServerUrl, cause: unknown): AppError {
  return databaseUnreachable(url, problemOf(cause), cause);
}

// https://mariadb.com/kb/en/mariadb-error-code-reference/, the same in MySQL
function problemOf(cause: unknown): ConnectProblem {
  const number = (cause as { errno?: unknown } | null)?.errno;
  if (number === 1044 || number === 1045 || number === 1698) return "refused-login";
  if (number === 1049) return "missing";
  return number === 1040 || number === 1203 || number === 1226 ? "full" : "unreachable";
}
