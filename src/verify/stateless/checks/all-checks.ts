import type { CheckResult } from "../check.ts";
import type { Observations } from "../observations.ts";
import {
  answersMcp,
  answersTogether,
  noLeak,
  noWarmStart,
  sameAfterRestart,
  sessionsBound,
  starts,
  tmpfsCleared,
} from "./behaviour-checks.ts";
import {
  clearRefusal,
  foreignRefused,
  malformedRefused,
  multiuserMode,
  noLocalCredentials,
  noTokenRefused,
  urlTokenRefused,
} from "./jwt-checks.ts";
import { cpuLimited, memoryLimited, survivesStrain } from "./resource-checks.ts";
import { noCapabilities, noNewPrivileges, nothingLoosened, onlyTmpfsWritable, readOnlyRoot } from "./security-checks.ts";
import { noRefusedWrites, writesOnlyTmpfs } from "./write-checks.ts";

/** The whole contract, in the order of its scenarios. */
const ALL = [
  starts,
  answersMcp,
  multiuserMode,
  noTokenRefused,
  malformedRefused,
  foreignRefused,
  urlTokenRefused,
  clearRefusal,
  noLocalCredentials,
  answersTogether,
  noLeak,
  sessionsBound,
  sameAfterRestart,
  tmpfsCleared,
  noWarmStart,
  writesOnlyTmpfs,
  noRefusedWrites,
  memoryLimited,
  cpuLimited,
  survivesStrain,
  noCapabilities,
  noNewPrivileges,
  readOnlyRoot,
  onlyTmpfsWritable,
  nothingLoosened,
];

export function runChecks(seen: Observations): readonly CheckResult[] {
  return ALL.map((check) => check(seen));
}
