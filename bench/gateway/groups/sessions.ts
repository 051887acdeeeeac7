import { costOf } from "../load/measure-rounds.ts";
import { openSession } from "../load/open-session.ts";
import { callBody, ECHO_200 } from "../load/tool-call.ts";
import { ReleaseStack } from "../machine/release-stack.ts";
import type { SessionsReport } from "../report/bench-report.ts";
import { SETTLED_AFTER } from "../report/compare-memory.ts";
import { projectTarget, startGateway } from "../targets/start-gateway.ts";
import { startUpstream } from "../targets/start-upstream.ts";
import type { Target, TargetContext } from "../targets/target.ts";

/** Ten rounds beyond those in which the gateway fills. */
const ROUNDS = SETTLED_AFTER + 10;
const SESSIONS = 2500;
const AT_ONCE = 16;

/** Opens thousands of sessions, calls once in each and abandons it, round after round; what the gateway holds after each round. */
export async function measureSessions(
  context: Omit<TargetContext, "release"> & { progress: (line: string) => void },
): Promise<SessionsReport> {
  const releases = new ReleaseStack();
  const own: TargetContext = { ...context, release: (release) => releases.push(release) };
  try {
    const upstream = await startUpstream(own);
    const gateway = await startGateway(own, { http: { kind: "url", url: upstream.url } }, "sessions");
    const target = projectTarget(gateway, "http");
    const residentKiB: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      context.progress(`sessions: round ${round} of ${ROUNDS}`);
      await openMany(target, context.signal);
      residentKiB.push(costOf(target).residentKiB);
    }
    return { sessions: SESSIONS, residentKiB };
  } finally {
    await releases.releaseAll();
  }
}

async function openMany(target: Target, signal: AbortSignal): Promise<void> {
  let left = SESSIONS;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      const headers = await openSession(target, signal);
      const reply = await fetch(target.url, { method: "POST", headers, body: callBody(ECHO_200, target.toolPrefix), signal });
      if (!(await reply.text()).includes(ECHO_200.expect)) throw new Error(`a call in a new session was answered with ${reply.status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}
