import { bad, type Finding, ok, warn } from "./finding.ts";
import type { CertificateFacts, DiskFacts, NodeFacts } from "./node-facts.ts";

const MIB = 1024 * 1024;
const DAY_MS = 24 * 3_600_000;
/** The year this was written in: no clock that is right says less. */
const FIRST_YEAR = 2026;
const LAST_YEAR = 2100;
/** Two clocks of one machine, and file systems that round. */
const TOLERANCE_MS = 60_000;
const MAKE = "put one and its key where server.tls_cert and server.tls_key say; mcp-agent cert makes a pair where there is no authority";
const RENEW = "renew the certificate; a running agent takes a new one by itself";

/** The machine: disks, clock, certificate and the agent's own files. */
export function diagnoseHost(facts: NodeFacts): readonly Finding[] {
  return [
    ...facts.disks.flatMap((disk) =>
      "problem" in disk
        ? [warn(`disk ${disk.path}`, `The disk of ${disk.path} cannot be looked at: ${disk.problem}.`, "")]
        : diskFindings(disk),
    ),
    ...clock(facts),
    ...certificate(facts),
    dataFolder(facts),
    backups(facts),
    registry(facts),
  ];
}

function diskFindings({ path, freeBytes, totalBytes, freeInodes, totalInodes }: DiskFacts): readonly Finding[] {
  const check = `disk ${path}`;
  const free = `${Math.floor(freeBytes / MIB)} MiB of ${Math.floor(totalBytes / MIB)} are free at ${path}`;
  const cure = "remove images that nothing uses (podman image prune), or make the disk larger";
  const inodes = totalInodes > 0 && freeInodes / totalInodes < 0.05;
  return [
    freeBytes < 100 * MIB || freeBytes / totalBytes < 0.01
      ? bad(check, `${free}: the next deploy may fail.`, cure)
      : freeBytes < 1024 * MIB || freeBytes / totalBytes < 0.05
        ? warn(check, `${free}.`, cure)
        : ok(check, `${free}.`),
    ...(inodes
      ? [
          (freeInodes === 0 ? bad : warn)(
            check,
            `${freeInodes} of ${totalInodes} inodes are free at ${path}.`,
            "delete small files that nobody needs",
          ),
        ]
      : []),
  ];
}

function clock({ now, clockSynchronized, registryWrittenAt }: NodeFacts): readonly Finding[] {
  const cure = "set it: timedatectl set-ntp true, or chronyd";
  const said = now.toISOString();
  const year = now.getUTCFullYear();
  if (year < FIRST_YEAR || year > LAST_YEAR) return [bad("clock", `The clock says ${said}: certificates and tokens do not hold.`, cure)];
  if (registryWrittenAt !== undefined && registryWrittenAt.getTime() - now.getTime() > TOLERANCE_MS) {
    return [
      bad("clock", `The clock says ${said}, and the registry was written at ${registryWrittenAt.toISOString()}: it went back.`, cure),
    ];
  }
  if (clockSynchronized === false) return [warn("clock", `The clock says ${said}, and nothing keeps it right.`, cure)];
  return [ok("clock", `The clock says ${said}${clockSynchronized ? ", and is synchronised" : "; how far it is off is not known here"}.`)];
}

function certificate({ certificate: found, now, address }: NodeFacts): readonly Finding[] {
  const check = "certificate";
  if (found === undefined) return [bad(check, "There is no certificate, and the agent does not start without one.", MAKE)];
  if ("problem" in found)
    return [bad(check, `${found.path} cannot be read: ${found.problem}.`, "put the certificate and its key there, in PEM")];
  return [expiry(found, now), ...keyOf(found), ...nameOf(found, address)];
}

function expiry({ path, notBefore, notAfter }: CertificateFacts, now: Date): Finding {
  const check = "certificate";
  const days = (notAfter.getTime() - now.getTime()) / DAY_MS;
  const until = notAfter.toISOString();
  if (notBefore.getTime() > now.getTime())
    return bad(check, `${path} holds from ${notBefore.toISOString()} on, which has not come.`, "see the clock, or renew it");
  if (days <= 0) return bad(check, `${path} has ended at ${until}: nobody connects.`, RENEW);
  if (days <= 1) return bad(check, `${path} ends within a day, at ${until}.`, RENEW);
  if (days <= 30)
    return warn(check, `${path} ends in ${Math.floor(days)} days${days <= 7 ? ", which is less than a week" : ""}, at ${until}.`, RENEW);
  return ok(check, `${path} holds until ${until}.`);
}

function keyOf({ path, keyPath, keyMode, matchesKey }: CertificateFacts): readonly Finding[] {
  return [
    ...(matchesKey
      ? []
      : [bad("certificate", `${keyPath} is not the key of ${path}.`, "put the certificate and the key there that belong together")]),
    ...((keyMode & 0o077) === 0
      ? []
      : [bad("certificate", `Others may read the key ${keyPath}.`, `chmod 600 ${keyPath}, and renew it if others are here`)]),
  ];
}

function nameOf({ path, names }: CertificateFacts, address: string): readonly Finding[] {
  if (address === "" || names.some((name) => isNameOf(name.toLowerCase(), address.toLowerCase()))) return [];
  return [
    warn("certificate", `${path} is for ${names.join(", ") || "no name"}, and not for ${address}.`, `renew it with the name ${address}`),
  ];
}

/** A wildcard stands for one label (RFC 6125, 6.4.3). */
function isNameOf(name: string, address: string): boolean {
  if (name === address) return true;
  return name.startsWith("*.") && address.includes(".") && address.slice(address.indexOf(".")) === name.slice(1);
}

function dataFolder({ dataFolder: folder }: NodeFacts): Finding {
  const check = "data folder";
  if ("problem" in folder) return bad(check, `${folder.path} cannot be looked at: ${folder.problem}.`, `install -d -m 0700 ${folder.path}`);
  if (!folder.isOwn)
    return bad(check, `${folder.path} belongs to another user than the agent.`, `chown it to the agent's user: ${folder.path}`);
  if ((folder.mode & 0o022) !== 0) return bad(check, `Others may write in ${folder.path}.`, `chmod 700 ${folder.path}`);
  // Its group may look: install-agent.sh lets it read the configuration, and the files of the registry are root's alone.
  if ((folder.mode & 0o005) !== 0) return warn(check, `Others may look into ${folder.path}.`, `chmod 700 ${folder.path}`);
  return ok(check, `${folder.path} is the agent's alone to write in.`);
}

function backups({ backups: { folder, newest, count }, now }: NodeFacts): Finding {
  const cure = "mcp-agent snapshot; mcp-agent-backup.timer takes one a day";
  if (newest === undefined) return warn("backups", `There is no snapshot in ${folder}.`, cure);
  const days = (now.getTime() - newest.getTime()) / DAY_MS;
  if (days < 0 && newest.getTime() - now.getTime() > TOLERANCE_MS) {
    return warn("backups", `The newest snapshot in ${folder} is of ${newest.toISOString()}, which has not come.`, "see the clock");
  }
  if (days > 2) return warn("backups", `The newest snapshot in ${folder} is ${Math.floor(days)} days old.`, cure);
  return ok("backups", `${count} snapshots in ${folder}, the newest of ${newest.toISOString()}.`);
}

function registry({ registryProblem, registryFile }: NodeFacts): Finding {
  if (registryProblem === undefined) return ok("registry", `${registryFile} is sound.`);
  return bad(
    "registry",
    `${registryFile} is damaged: ${registryProblem}.`,
    "stop the agent and run mcp-agent restore; the containers go on running",
  );
}
