import type { SqliteFile } from "../../../store/sqlite/sqlite-file.ts";
import { componentNotFound } from "../not-found.ts";
import type { DeploymentRecord, Registry } from "../registry.ts";

type DeploymentMethods = Pick<Registry, "addDeployment" | "deployments" | "setCurrentDeployment">;

interface DeploymentRow {
  readonly service: string;
  readonly component: string;
  readonly number: number;
  readonly spec: string;
  readonly image: string;
  readonly image_digest: string;
  readonly image_id: string;
  readonly spec_hash: string;
  readonly replaced: number;
  readonly at: number;
  readonly by: string;
}

const NEWEST_FIRST = "select * from deployments where service = ? and component = ? order by number desc";

/** The part of the registry that is about what was put into effect. */
export function deploymentRows(db: SqliteFile): DeploymentMethods {
  const setCurrent = (service: string, component: string, number: number) => {
    const changed = db.run("update components set deployment = ? where service = ? and name = ?", number, service, component);
    if (changed === 0) throw componentNotFound(service, component);
  };
  return {
    addDeployment: async (deployment, keep) =>
      db.transaction(() => {
        const number = insert(db, deployment);
        setCurrent(deployment.service, deployment.component, number);
        return { number, forgotten: forget(db, deployment.service, deployment.component, keep) };
      }),
    deployments: async (service, component) => db.all<DeploymentRow>(NEWEST_FIRST, service, component).map(toRecord),
    setCurrentDeployment: async (service, component, number) => setCurrent(service, component, number),
  };
}

function insert(db: SqliteFile, { service, component, ...rest }: Omit<DeploymentRecord, "number" | "replaced">): number {
  const current = db.first<{ deployment: number }>("select deployment from components where service = ? and name = ?", service, component);
  if (current === undefined) throw componentNotFound(service, component);
  const last = db.first<{ number: number | null }>(
    "select max(number) as number from deployments where service = ? and component = ?",
    ...[service, component],
  );
  // A component whose deployments are all forgotten still goes on counting.
  const number = Math.max(last?.number ?? 0, current.deployment) + 1;
  db.run(
    `insert into deployments (service, component, number, spec, image, image_digest, image_id, spec_hash, replaced, at, by)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[service, component, number, JSON.stringify(rest.spec), rest.image, rest.imageDigest, rest.imageId, rest.specHash],
    ...[current.deployment, rest.at.getTime(), rest.by],
  );
  return number;
}

/** The current one is the newest here, and the one that it has replaced stays too: it was good, whatever came between. */
function forget(db: SqliteFile, service: string, component: string, keep: number): readonly DeploymentRecord[] {
  const [current, ...others] = db.all<DeploymentRow>(NEWEST_FIRST, service, component).map(toRecord);
  const replaced = others.filter(({ number }) => number === current?.replaced);
  const forgotten = [...replaced, ...others.filter((each) => !replaced.includes(each))].slice(Math.max(keep, 1) - 1);
  for (const { number } of forgotten) {
    db.run("delete from deployments where service = ? and component = ? and number = ?", service, component, number);
  }
  return forgotten;
}

function toRecord({ image_digest, image_id, spec_hash, ...row }: DeploymentRow): DeploymentRecord {
  return {
    ...row,
    spec: JSON.parse(row.spec),
    imageDigest: image_digest,
    imageId: image_id,
    specHash: spec_hash,
    at: new Date(row.at),
  };
}
