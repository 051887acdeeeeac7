import { expect, test } from "bun:test";
import fc from "fast-check";
import { type AppError, toAppError } from "../core/app-error.ts";
import { describeServer, parseDatabaseUrl, type ServerUrl } from "./database-url.ts";

const SERVER = {
  engine: "postgres",
  host: "db.example",
  port: 5432,
  user: "ann",
  password: "secret",
  database: "mcpctl",
  tls: { mode: "disable", caFile: undefined },
  poolSize: 10,
  connectTimeoutMs: 10_000,
} as const satisfies ServerUrl;

function refusal(url: string): AppError {
  try {
    parseDatabaseUrl(url);
  } catch (thrown) {
    return toAppError(thrown);
  }
  throw new Error("it was taken");
}

test("a path is an SQLite file, with or without sqlite: before it", () => {
  for (const url of ["/var/lib/mcpctl.db", "sqlite:/var/lib/mcpctl.db", "sqlite:///var/lib/mcpctl.db"]) {
    expect(parseDatabaseUrl(url)).toEqual({ engine: "sqlite", file: "/var/lib/mcpctl.db" });
  }
  expect(parseDatabaseUrl("sqlite:data/a b%20.db")).toEqual({ engine: "sqlite", file: "data/a b%20.db" });
  expect(parseDatabaseUrl("./odd:name.db")).toEqual({ engine: "sqlite", file: "./odd:name.db" });
});

test("both servers go by two names, and each has its port", () => {
  const tail = "//ann:secret@db.example/mcpctl";
  for (const scheme of ["postgres:", "postgresql:"]) expect(parseDatabaseUrl(scheme + tail)).toEqual(SERVER);
  for (const scheme of ["mysql:", "mariadb:", "MySQL:"]) {
    expect(parseDatabaseUrl(scheme + tail)).toEqual({ ...SERVER, engine: "mysql", port: 3306 });
  }
  expect(parseDatabaseUrl("postgres://ann@[::1]:6000/mcpctl")).toEqual({ ...SERVER, host: "::1", port: 6000, password: undefined });
});

test("encryption, the pool and the time to connect are parameters", () => {
  const url = "postgres://ann:secret@db.example/mcpctl?sslmode=verify-full&sslrootcert=/etc/ca.pem&pool_size=3&connect_timeout=5";
  expect(parseDatabaseUrl(url)).toEqual({
    ...SERVER,
    tls: { mode: "verify-full", caFile: "/etc/ca.pem" },
    poolSize: 3,
    connectTimeoutMs: 5000,
  });
});

test("user, password and database may hold any character", () => {
  fc.assert(
    fc.property(fc.tuple(name(), name(), name()), ([user, password, database]) => {
      const [u, p, d] = [user, password, database].map(encodeURIComponent);
      expect(parseDatabaseUrl(`mysql://${u}:${p}@h/${d}`)).toMatchObject({ user, password, database });
    }),
  );
});

/** A path of dots alone is a URL's word for something else. */
function name() {
  return fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !/^\.{1,2}$/.test(text));
}

test.each([
  ["another kind of database", "oracle://ann:s3cret@h/d", "sqlite:, postgres://, mysql://"],
  ["no file", "sqlite:", "file"],
  ["nothing", "", "file"],
  ["no user", "postgres://h/d", "user"],
  ["no host", "postgres://ann:s3cret@/d", ""],
  ["no database", "postgres://ann:s3cret@h", "database"],
  ["a folder as a database", "postgres://ann:s3cret@h/d/e", "database"],
  ["a port that is none", "postgres://ann:s3cret@h:99999/d", "no URL"],
  ["a password that cuts the URL", "postgres://ann:s3cret#@h/d", ""],
  ["a password with a lone %", "postgres://ann:s3cret%@h/d", "%XX"],
  ["an unknown parameter", "postgres://ann:s3cret@h/d?sslmod=require", "sslmode"],
  ["an unknown sslmode", "postgres://ann:s3cret@h/d?sslmode=prefer", "verify-full"],
  ["a pool of none", "postgres://ann:s3cret@h/d?pool_size=0", "pool_size"],
  ["a time that is no number", "postgres://ann:s3cret@h/d?connect_timeout=1s", "connect_timeout"],
])("%s is refused, and the password is not repeated", (_, url, says) => {
  const error = refusal(url);
  expect(error).toMatchObject({ code: "invalid", reason: "DATABASE_URL_INVALID", hint: expect.any(String) });
  expect(error.message).toContain(says);
  expect(Bun.inspect(error)).not.toContain("s3cret");
});

test("what may be shown of a URL is server and database", () => {
  expect(describeServer(SERVER)).toBe('Postgres database "mcpctl" on db.example:5432');
});
