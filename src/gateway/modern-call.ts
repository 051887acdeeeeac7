import { AppError, toAppError } from "../core/app-error.ts";
import type { Clock } from "../core/clock.ts";
import { JSON_RPC_CODE } from "../core/error-tables.ts";
import { mayBeAsked } from "../mcp/client-capabilities.ts";
import type { RequestEnvelope } from "../mcp/envelope.ts";
import { errorMessage, INVALID_PARAMS, JsonRpcFault, resultMessage } from "../mcp/json-rpc.ts";
import { type Answer, type AnswerStream, answerText } from "./answer.ts";
import { CallInFlight, type CallListener, type CallOptions } from "./call/call-in-flight.ts";
import { type Connection, Turn, type TurnOwner } from "./call/turn.ts";
import { progressOf } from "./dispatch/progress-of.ts";
import { modernResult } from "./execute/modern-result.ts";
import { modernStatus } from "./execute/modern-status.ts";
import { beginTask, type CallTask, type TaskDeps, type TaskedCall, type TaskSubject, type TaskTerms } from "./modern-task/call-task.ts";
import { detailedTaskText } from "./modern-task/task-text.ts";
import { AskedQuestions } from "./parking/asked-questions.ts";
import { inputRequestsText, inputRequiredText } from "./parking/input-required.ts";
import type { ParkableCall, ParkedCalls } from "./parking/parked-calls.ts";
import { requestHash, sealState } from "./parking/request-state.ts";
import { retoldAnswer, retoldNotice } from "./parking/retold.ts";
import type { ModernPeer } from "./peers/modern-peer.ts";
import type { ModernPeers, PeerKey } from "./peers/modern-peers.ts";
import type { PeerSource } from "./peers/peer-source.ts";
import { NOT_OFFERED, TOO_MANY_QUESTIONS } from "./question/question-replies.ts";
import type { Refusal } from "./refusal.ts";
import type { CallTimer, TimeLimit } from "./resilience/call-timer.ts";
import type { ServerHost } from "./server-host.ts";
import type { Keyring } from "./session/seal.ts";
import type { Streaming } from "./stream/decide-streaming.ts";
import { EventStream } from "./stream/event-stream.ts";
import type { SharedRoom } from "./stream/shared-room.ts";
import type { StreamSettings } from "./stream/stream-settings.ts";
import { traceMark } from "./tracing/call-trace.ts";
import type { Peer } from "./upstream/peer.ts";
import { speaksModern } from "./upstream/speaks-modern.ts";
import type { Question, QuestionReply } from "./upstream/upstream.ts";

export interface ModernCallDeps {
  readonly peers: ModernPeers;
  readonly parked: ParkedCalls<ModernCall>;
  readonly keyring: Keyring;
  readonly clock: Clock;
  /** How long a call waits for its client to come back with answers, in ms. */
  readonly parkMs: number;
  /** Questions that come within this time are asked together, in ms. */
  readonly bundleMs: number;
  readonly streamSettings: StreamSettings;
  readonly streamRoom: SharedRoom;
  readonly tasks: TaskDeps;
}

/** A request that waits for an answer to a call, and how it takes it. */
export interface Waiting {
  readonly request: RequestEnvelope;
  readonly connection: Connection;
  readonly streaming: Streaming;
}

type Outcome = Answer | AnswerStream | Refusal;

/** When the call becomes a task, and what that is about. */
export interface BecomesTask {
  readonly terms: TaskTerms;
  readonly subject: TaskSubject;
}

/** What is else about a call than about most. */
export interface Ways {
  readonly becomes?: BecomesTask | undefined;
  /** What the client is told in place of the server's answer, text for text. */
  readonly retell?: ((answer: string) => string) | undefined;
}

/** What the protocol lets ask for input (2026-07-28, "Multi round-trip requests"). */
const MAY_ASK = new Set(["tools/call", "prompts/get", "resources/read"]);
const NOTHING = {};

/**
 * One call of a modern client, over as many of its requests as it takes.
 *
 * waited for (a request of the client waits, and gets what comes) → parked (the client was asked, or nobody was there when
 * the answer came) → waited for (the client came back with answers) … → over. A parked call is canceled when its time is up.
 * What a client was asked is sent to it once; the execution behind it is the same one all the time.
 *
 * One that takes long may become a task while it is waited for: the client gets its id in place of the answer, asks for it
 * and is asked by way of it, and nobody who goes away ends it.
 */
export class ModernCall implements CallListener, TurnOwner, PeerSource, ParkableCall, TaskedCall {
  readonly id: string;
  readonly principalId: string;
  readonly onSaid = (message: string): void => this.#say(message);
  readonly onAsked: CallListener["onAsked"];
  readonly onPoll = undefined;
  readonly #deps: ModernCallDeps;
  readonly #key: PeerKey;
  readonly #request: RequestEnvelope;
  readonly #call: CallInFlight;
  readonly #questions = new AskedQuestions();
  readonly #isStrayRetry: boolean;
  readonly #timer: CallTimer;
  #turn: Turn | undefined;
  #turnRequest: RequestEnvelope;
  /** The answer that came while nobody waited for it. */
  #kept: Answer | Refusal | undefined;
  #round = 0;
  #bundling: ReturnType<typeof setTimeout> | undefined;
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #shared: ModernPeer | undefined;
  #own: ModernPeer | undefined;
  readonly #becomes: BecomesTask | undefined;
  readonly #retell: Ways["retell"];
  /** Until it becomes a task. */
  #ripening: TimeLimit | undefined;
  #isBeginning = false;
  #isOver = false;
  #task: CallTask | undefined;

  constructor(deps: ModernCallDeps, key: PeerKey, call: Omit<CallOptions, "era" | "caller" | "session">, ways: Ways = {}) {
    const { request } = call;
    const { method, params } = request;
    this.#deps = deps;
    this.#key = key;
    this.#request = request;
    this.#timer = call.timer;
    this.#becomes = ways.becomes;
    this.#retell = ways.retell;
    this.#turnRequest = request;
    this.id = deps.parked.newId();
    this.principalId = key.principalId;
    const mayAsk = MAY_ASK.has(method) && Object.keys(key.capabilities).length > 0;
    this.onAsked = mayAsk ? (question, host) => this.#ask(question, host) : undefined;
    this.#isStrayRetry = params.requestState !== undefined;
    this.#call = new CallInFlight({ ...call, era: "modern", caller: this, session: undefined }, this);
  }

  start(waiting: Waiting): Promise<Outcome> {
    const turn = this.#wait(waiting);
    this.#call.start();
    return turn.outcome;
  }

  /**
   * The client is back, with answers as JSON text by their keys. Undefined where it does not wait for this round's: it was
   * continued already.
   */
  resume(waiting: Waiting, round: number, responses: ReadonlyMap<string, string>): Promise<Outcome> | undefined {
    if (this.#turn !== undefined || round !== this.#round) return undefined;
    clearTimeout(this.#expiry);
    const turn = this.#wait(waiting);
    turn.watch();
    if (this.#kept !== undefined) {
      this.#deliver(this.#kept);
      return turn.outcome;
    }
    this.#call.resumeTime();
    this.#questions.answer(responses);
    // What it left out is asked again.
    this.#bundle();
    return turn.outcome;
  }

  cancel(): void {
    this.#call.abort();
    this.#forget();
  }

  answer(responses: ReadonlyMap<string, string>): void {
    this.#questions.answer(responses);
    if (this.#questions.size > 0 || this.#isOver) return;
    clearTimeout(this.#expiry);
    this.#call.resumeTime();
  }

  inputRequests(): string | undefined {
    return this.#questions.size === 0 ? undefined : inputRequestsText(this.#questions.questions);
  }

  peerFor(host: ServerHost): Peer | Promise<Peer> {
    return this.onAsked === undefined && !this.#isStrayRetry ? this.#sharedPeer() : this.#peerAt(host);
  }

  openStream(turn: Turn): EventStream {
    return new EventStream({
      idPrefix: undefined,
      settings: this.#deps.streamSettings,
      room: this.#deps.streamRoom,
      onLeft: () => this.onGone(turn),
      onTimeUp: () => this.#call.abort(tooLong()),
    });
  }

  /** Whoever closes the stream of an answer does not want it any more. */
  onGone(turn: Turn): void {
    if (this.#turn === turn) this.cancel();
  }

  onSlow(): void {
    this.#turn?.watch();
  }

  onSettled(outcome: Answer | Refusal): void {
    const retell = this.#retell;
    if (retell === undefined || outcome.kind === "refusal") this.#settled(outcome);
    else void readAnswer(outcome, this.#request.idText).then((text) => this.#settled({ ...outcome, body: retell(text) }));
  }

  #settled(outcome: Answer | Refusal): void {
    clearTimeout(this.#bundling);
    this.#isOver = true;
    this.#questions.close();
    if (this.#task !== undefined) {
      this.#forget();
      this.#task.settle(outcome);
    } else if (this.#turn === undefined) this.#kept = outcome;
    else this.#deliver(outcome);
  }

  onReleased(): void {
    const { peers } = this.#deps;
    if (this.#shared !== undefined) peers.giveBack(this.#shared, "well");
    if (this.#own !== undefined) peers.giveBack(this.#own, this.#call.hasFailed ? "otherwise" : "well");
  }

  #wait({ request, connection, streaming }: Waiting): Turn {
    this.#turnRequest = request;
    const turn = new Turn(request, connection, this, { streaming, timer: this.#timer });
    this.#turn = turn;
    this.#ripen();
    return turn;
  }

  #ripen(): void {
    this.#stopRipening();
    if (this.#becomes === undefined || this.#isOver) return;
    this.#ripening = this.#timer.start(this.#timer.now() + this.#becomes.terms.afterMs, () => void this.#becomeTask());
  }

  #stopRipening(): void {
    if (this.#ripening !== undefined) this.#timer.stop(this.#ripening);
    this.#ripening = undefined;
  }

  /** What runs is kept as a task from now on, and nothing is begun. Where it cannot be kept it stays the call that it is. */
  async #becomeTask(): Promise<void> {
    if (this.#becomes === undefined || this.#isBeginning || this.#isOver || this.#turn === undefined) return;
    const { terms, subject } = this.#becomes;
    this.#isBeginning = true;
    const task = await beginTask(this.#deps.tasks, terms, subject, this);
    this.#isBeginning = false;
    if (task === undefined) return;
    const turn = this.#turn;
    // Meanwhile it has ended, has asked its client, or nobody waits for it any more.
    if (this.#isOver || turn === undefined) return task.drop();
    this.#task = task;
    this.#turn = undefined;
    task.run();
    this.#bundle();
    const text = modernResult(this.#call.view, detailedTaskText(task.found), false, "task");
    turn.answer({ kind: "answer", body: resultMessage(this.#turnRequest.idText, text) });
  }

  #deliver(outcome: Answer | Refusal): void {
    const turn = this.#turn;
    this.#forget();
    const { idText } = this.#turnRequest;
    if (outcome.kind === "refusal") turn?.answer(outcome);
    else if (idText === this.#request.idText) turn?.answer(modernStatus(outcome));
    else void retold(outcome, this.#turnRequest).then((answer) => turn?.answer(modernStatus(answer)));
  }

  #forget(): void {
    clearTimeout(this.#expiry);
    this.#stopRipening();
    this.#turn = undefined;
    this.#deps.parked.leave(this);
  }

  #say(message: string): void {
    if (this.#task !== undefined) {
      const said = progressOf(message)?.message;
      if (said !== undefined) this.#task.say(said);
      return;
    }
    const told = this.#turnRequest === this.#request ? message : retoldNotice(message, this.#turnRequest);
    if (told !== undefined) this.#turn?.say(told);
  }

  async #ask(question: Question, _: ServerHost): Promise<QuestionReply> {
    if (!mayBeAsked(this.#key.capabilities, question.method, question.paramsText)) return NOT_OFFERED;
    if (!this.#deps.parked.enter(this)) return TOO_MANY_QUESTIONS;
    const reply = this.#questions.add(question);
    this.#bundle();
    return reply;
  }

  #bundle(): void {
    clearTimeout(this.#bundling);
    if (this.#questions.size > 0) this.#bundling = setTimeout(() => this.#park(), this.#deps.bundleMs);
  }

  /** Gives the client its questions, where it is there and there are any. */
  #park(): void {
    const turn = this.#turn;
    if (this.#task !== undefined) this.#askByTask(this.#task);
    if (turn === undefined || this.#questions.size === 0) return;
    const { parkMs } = this.#deps;
    this.#turn = undefined;
    this.#stopRipening();
    this.#round += 1;
    this.#call.pauseTime();
    this.#expiry = setTimeout(() => this.#expire(), parkMs);
    const result = inputRequiredText(this.#questions.questions, this.#stateText());
    turn.answer({ kind: "answer", body: resultMessage(this.#turnRequest.idText, result) });
  }

  /** Whoever asks for the task finds the questions there. */
  #askByTask(task: CallTask): void {
    if (this.#questions.size === 0) return;
    clearTimeout(this.#expiry);
    this.#call.pauseTime();
    this.#expiry = setTimeout(() => this.#expire(), this.#deps.parkMs);
    task.changed();
  }

  #expire(): void {
    this.#call.abort(notAnswered(this.#deps.parkMs));
    const body = this.#kept?.kind === "answer" ? this.#kept.body : undefined;
    if (body instanceof ReadableStream) body.cancel().catch(() => {});
    this.#forget();
  }

  #stateText(): string {
    const { keyring, clock, parkMs } = this.#deps;
    const { principalId, project, server } = this.#key;
    const { method, paramsText } = this.#request;
    const expiresAt = Math.ceil((clock.now().getTime() + parkMs) / 1000);
    const asked = { requestHash: requestHash(method, paramsText), trace: traceMark(this.#call.trace) };
    return sealState(keyring, { callId: this.id, round: this.#round, principalId, project, server, ...asked, expiresAt });
  }

  #sharedPeer(): ModernPeer {
    this.#shared ??= this.#deps.peers.take({ ...this.#key, capabilities: NOTHING });
    return this.#shared;
  }

  /** Only a server that keeps its clients apart may ask this one, and only one of the other era asks it in the midst of a call. */
  async #peerAt({ upstream }: ServerHost): Promise<Peer> {
    const isModern = speaksModern(upstream, await upstream.ready());
    // A server of the other era would take a retry for a call of its own, and carry it out once more.
    if (this.#isStrayRetry && !isModern) throw new JsonRpcFault(INVALID_PARAMS, "Invalid params: nobody has asked for this input");
    if (this.onAsked === undefined || isModern || !upstream.keepsPeers()) return this.#sharedPeer();
    this.#own ??= this.#deps.peers.take(this.#key);
    this.#own.ask = this.onAsked;
    return this.#own;
  }
}

/** The whole answer, or that its server broke off in it. Never rejects. */
async function readAnswer(answer: Answer, idText: string): Promise<string> {
  try {
    return await answerText(answer);
  } catch (thrown) {
    const { code, message, reason } = toAppError(thrown);
    return errorMessage(idText, { code: JSON_RPC_CODE[code], message, data: { reason } });
  }
}

async function retold(answer: Answer, request: RequestEnvelope): Promise<Answer> {
  return { kind: "answer", body: retoldAnswer(await answerText(answer), request) };
}

function tooLong(): AppError {
  return new AppError("deadline", "STREAM_TIMEOUT", "The answer's stream was open for as long as one may be");
}

function notAnswered(ms: number): AppError {
  return new AppError("deadline", "INPUT_TIMEOUT", `The client did not come back with its input within ${Math.round(ms / 1000)} s`);
}
