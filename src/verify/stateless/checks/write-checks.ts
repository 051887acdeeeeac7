import { defineCheck } from "../check.ts";
import { STATELESS } from "../stateless-spec.ts";
import type { Violation } from "../violation.ts";

/** What engines write by themselves at each start. */
export const ACCEPTABLE_WRITES: readonly string[] = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/.dockerenv"];

const RECOMMENDATIONS = [
  "check the server's configuration for files, caches and logs that it writes",
  "set HOME=/tmp so that files of the user go to tmpfs",
  "write temporary files to /tmp",
  "look for 'Read-only file system' in the container's log",
];

export const writesOnlyTmpfs = defineCheck({
  id: "writes-only-tmpfs",
  scenario: "Filesystem writes",
  title: "the server writes to tmpfs alone, on a writable root too",
  needs: ["writes"],
  find: ({ writes: { strict, writable = [] } }): readonly Violation[] => {
    const changes = [...strict, ...writable].filter(({ path }) => !ACCEPTABLE_WRITES.includes(path));
    const found = [...new Set(changes.map(({ kind, path }) => `${path} (${kind})`))].sort();
    if (found.length === 0) return [];
    return [
      {
        title: "Container wrote files outside tmpfs directories",
        expected: `changes below ${STATELESS.tmpfs.join(", ")} alone`,
        actual: `${found.length} ${found.length === 1 ? "path" : "paths"} elsewhere`,
        found,
        requirements: [
          "a read-only root file system",
          `temporary files in ${STATELESS.tmpfs.join(", ")}, which are tmpfs`,
          "no data that outlives a restart",
        ],
        remedy: { recommendations: RECOMMENDATIONS },
      },
    ];
  },
});

export const noRefusedWrites = defineCheck({
  id: "no-refused-writes",
  scenario: "Filesystem writes",
  title: "the server does not try to write to the read-only root",
  needs: ["writes"],
  find: ({ writes: { refusedInLog } }): readonly Violation[] => {
    if (refusedInLog.length === 0) return [];
    return [
      {
        title: "Server tried to write to the read-only root filesystem",
        expected: "no 'Read-only file system' in the log",
        actual: `${refusedInLog.length} ${refusedInLog.length === 1 ? "line" : "lines"} of the log`,
        found: refusedInLog,
        requirements: ["a server that works without writing to its image"],
        remedy: { recommendations: RECOMMENDATIONS },
      },
    ];
  },
});
