import { type AppError, toAppError } from "../core/app-error.ts";
import type { RequestEnvelope } from "../mcp/envelope.ts";
import { resultMessage } from "../mcp/json-rpc.ts";
import { refuseByScope } from "./access/authorize-request.ts";
import { type AdmitDeps, countedOf, refuseStreaming } from "./admit.ts";
import type { Answer, AnswerStream } from "./answer.ts";
import { initializeProject, initializeServer } from "./execute/initialize.ts";
import { refuseByRate } from "./rate/refuse-by-rate.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { type Scope, viewOf } from "./scope.ts";
import { clientClaims } from "./session/client-claims.ts";
import type { SessionTable } from "./session/session-table.ts";
import { acceptedForms } from "./stream/accepted-forms.ts";
import { decideStreaming } from "./stream/decide-streaming.ts";
import { streamOfAnswer } from "./stream/stream-of-answer.ts";

export interface OpenSessionDeps extends AdmitDeps {
  readonly sessions: SessionTable;
  readonly onFailure: (error: AppError) => void;
}

/** Answers `initialize`: a session begins with it. */
export async function openSession(
  deps: OpenSessionDeps,
  scope: Scope,
  message: RequestEnvelope,
  accept: string | null,
): Promise<Answer | AnswerStream | Refusal> {
  const { caller, place, principalId, project, server } = scope;
  const refused = refuseByScope(deps.policy, caller, place, message.method);
  if (refused !== undefined) return refused;
  const busy = await refuseByRate(deps.limiter, deps.policy.rates, countedOf(scope, message, undefined));
  if (busy !== undefined) return busy;
  const own = place.kind === "server" ? place.host.definition.policy.stream : undefined;
  const streaming = decideStreaming(deps.policy.stream, own, acceptedForms(accept));
  if (streaming === "refused") return refuseStreaming();
  const requested = message.params.protocolVersion;
  try {
    const { revision, resultText } =
      place.kind === "server"
        ? initializeServer(await place.host.upstream.ready(), requested, place.host.upstream.keepsPeers())
        : initializeProject(viewOf(scope), requested);
    const sessionId = deps.sessions.open({ principalId, project, server, revision, ...clientClaims(message.params) });
    const answer: Answer = { kind: "answer", body: resultMessage(message.idText, resultText), sessionId };
    return streaming.form === "stream" ? streamOfAnswer(answer, streaming.terms) : answer;
  } catch (thrown) {
    const error = toAppError(thrown);
    deps.onFailure(error);
    return refuse("upstream_unavailable", error.message, { "retry-after": "1" });
  }
}
