import type { ContainerInfo } from "../../runtime/runtime.ts";
import { filesBelow } from "./linux/container-files.ts";
import { kernelView } from "./linux/kernel-view.ts";
import type { AuthProbe, BasicCalls, ContainerView, ForeignSession, IsolationRun, Observations, WritesView } from "./observations.ts";
import { authProbes, probeWithoutToken } from "./observe/auth-probes.ts";
import { basicCalls } from "./observe/basic-calls.ts";
import { foreignSession, isolationRun } from "./observe/isolation-run.ts";
import { readLog, refusedWrites } from "./read-log.ts";
import { statelessTokenNeeded } from "./stateless-errors.ts";
import { STATELESS } from "./stateless-spec.ts";
import { nextStep, type Subject, type VerifyDeps } from "./subject.ts";
import { writtenBy } from "./written-by.ts";

export async function viewOf(info: ContainerInfo): Promise<ContainerView> {
  return { info, kernel: await kernelView(info.pid) };
}

export interface RunningObservations {
  readonly auth?: readonly AuthProbe[];
  readonly basic: BasicCalls;
  readonly isolation: IsolationRun;
  readonly foreignSession?: ForeignSession;
  readonly left: Observations["left"];
}

/**
 * What a client can see of a server that runs. `wantsToken`: it is to refuse who brings none.
 * Throws `unauthenticated`/`STATELESS_TOKEN_NEEDED` where the credential at hand is not taken.
 */
export async function observeRunning(deps: VerifyDeps, subject: Subject, wantsToken: boolean): Promise<RunningObservations> {
  await requireAdmitted(deps, subject);
  if (wantsToken) nextStep(deps, "asking without a good token");
  const auth = wantsToken ? await authProbes(deps, subject) : undefined;
  nextStep(deps, "asking what a client asks");
  const basic = await basicCalls(deps, subject);
  nextStep(deps, "asking as many clients at the same time");
  const isolation = await isolationRun(deps, subject);
  const session = subject.otherToken === undefined ? undefined : await foreignSession(deps, subject, subject.otherToken);
  return {
    ...(auth === undefined ? {} : { auth }),
    basic,
    isolation,
    ...(session === undefined ? {} : { foreignSession: session }),
    left: {
      ...(auth === undefined ? { auth: "--no-auth: the server is to take requests without a token" } : {}),
      ...(session !== undefined
        ? {}
        : {
            foreignSession:
              subject.otherToken === undefined ? "it takes a second principal: --other-token" : "the server keeps no sessions",
          }),
    },
  };
}

/** A server that wants a token can only be looked at with one. */
async function requireAdmitted(deps: VerifyDeps, subject: Subject): Promise<void> {
  const { status } = await probeWithoutToken({ fetch: withToken(deps, subject) }, subject);
  if (status === 401 || status === 403) throw statelessTokenNeeded(status);
}

function withToken({ fetch }: Pick<VerifyDeps, "fetch">, { token }: Subject): VerifyDeps["fetch"] {
  if (token === undefined) return fetch;
  return (url, init) => fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` } });
}

/** What it has written so far. `writable`: see `WritesView`. */
export async function writesOfRunning(
  deps: Pick<VerifyDeps, "runtime">,
  name: string,
  pid: number,
  writable?: WritesView["strict"],
): Promise<WritesView> {
  const [strict, log, inTmpfs] = await Promise.all([
    writtenBy(deps, name, pid),
    readLog(deps.runtime, name),
    filesBelow(pid, STATELESS.tmpfs),
  ]);
  return { strict, writable, refusedInLog: refusedWrites(log), inTmpfs };
}
