export const DRIVERS = ["sqlite", "mysql", "pgsql"] as const;
export type Driver = (typeof DRIVERS)[number];

/** What the caller has to put right before anything is checked. */
export class UsageError extends Error {}

const SERVERS = { mysql: { scheme: "mysql", port: "3306" }, pgsql: { scheme: "postgres", port: "5432" } } as const;

/** The database that the environment names, as a URL. Throws UsageError where it names none. */
export function databaseUrl(driver: Driver, environment: Readonly<Record<string, string | undefined>>, sqliteFile: string): string {
  if (driver === "sqlite") return `sqlite:${sqliteFile}`;
  const missing = ["EVO_DB_HOST", "EVO_DB_USER", "EVO_DB_NAME"].filter((name) => !environment[name]);
  if (missing.length > 0) throw new UsageError(`${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not set`);
  const part = (name: string) => encodeURIComponent(environment[name] ?? "");
  const { scheme, port } = SERVERS[driver];
  const host = environment.EVO_DB_HOST?.includes(":") ? `[${environment.EVO_DB_HOST}]` : part("EVO_DB_HOST");
  return `${scheme}://${part("EVO_DB_USER")}:${part("EVO_DB_PASSWORD")}@${host}:${environment.EVO_DB_PORT || port}/${part("EVO_DB_NAME")}`;
}
