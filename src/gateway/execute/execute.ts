import type { CancelSignal } from "../../core/cancel-signal.ts";
import type { Era } from "../../mcp/classify.ts";
import type { RequestEnvelope } from "../../mcp/envelope.ts";
import { errorMessage, errorText, INVALID_PARAMS, JsonRpcFault, METHOD_NOT_FOUND, resultMessage } from "../../mcp/json-rpc.ts";
import { createLocator, splice } from "../../mcp/json-span.ts";
import { SharedResult } from "../../mcp/shared-result.ts";
import type { AnswerBody } from "../answer.ts";
import { mayBeShortened } from "../catalog/advertised-name.ts";
import { LIST_KINDS, LISTS, type ListItem, type ListKind } from "../catalog/list-item.ts";
import { renderPrompt } from "../catalog/project-prompt.ts";
import type { Target, View } from "../catalog/view.ts";
import type { PeerSource } from "../peers/peer-source.ts";
import type { Refusal } from "../refusal.ts";
import type { ServerHost } from "../server-host.ts";
import type { LiveSession } from "../session/live-session.ts";
import type { CallTrace } from "../tracing/call-trace.ts";
import type { Peer } from "../upstream/peer.ts";
import type { Question, QuestionReply, UpstreamAnswer, UpstreamCall } from "../upstream/upstream.ts";
import { abortError, upstreamUnavailable } from "../upstream/upstream-errors.ts";
import { discovery } from "./discover.ts";
import { modernResult } from "./modern-result.ts";
import { refuseWithheld } from "./refuse-withheld.ts";
import { logsToPeers } from "./server-features.ts";

/** One admitted request, with all that carrying it out needs. */
export interface Execution {
  readonly view: View;
  readonly era: Era;
  readonly caller: PeerSource;
  /** The session that it belongs to; a modern request has none. */
  readonly session: LiveSession | undefined;
  readonly request: RequestEnvelope;
  readonly onNotification: ((message: string) => void) | undefined;
  /** Asks the client for this server. Never rejects. */
  readonly onQuestion: ((question: Question, host: ServerHost) => Promise<QuestionReply>) | undefined;
  readonly onPoll: UpstreamCall["onPoll"];
  /** Headers that go on although the gateway does not know them. */
  readonly headers: UpstreamCall["headers"];
  readonly trace: CallTrace | undefined;
  readonly signal: CancelSignal;
  /** Whether calls may become tasks. */
  readonly offersTasks: boolean;
  /** How long a first list waits for servers whose lists were never read, in ms. */
  readonly firstListWaitMs: number;
  /** Hears of each server that the request is sent to; until it is over they are not taken away. */
  onSent(host: ServerHost): void;
}

/** A refusal is what only the server's lists can tell. */
type Carried = Promise<AnswerBody | Refusal>;
type Handler = (execution: Execution) => Carried;

/** A list younger than this is not read again for a name that is not in it. */
const UNKNOWN_NAME_REFRESH_MS = 1000;

const HANDLERS = new Map<string, Handler>([
  ["ping", async ({ request }) => resultMessage(request.idText, "{}")],
  ["server/discover", discover],
  ["tools/call", callTool],
  ["prompts/get", getPrompt],
  ["resources/read", readResource],
  ["completion/complete", complete],
  ["logging/setLevel", setLogLevel],
  ...["tasks/get", "tasks/update", "tasks/cancel"].map((method): [string, Handler] => [method, forwardToOnly]),
  ["resources/subscribe", subscribe],
  ["resources/unsubscribe", unsubscribe],
  ...LIST_KINDS.map((kind): [string, Handler] => [LISTS[kind].method, (execution) => list(kind, execution)]),
]);

/** Who hears what became of an execution: one of the two, once, and not before `execute` has returned. */
export interface ExecutionEvents {
  /** The answer, or why there is none: what a client asked wrongly is answered in band. */
  answered(body: AnswerBody | Refusal): void;
  /** With what `Upstream.request` throws. */
  failed(thrown: unknown): void;
}

/** Carries a request out. */
export function execute(execution: Execution, events: ExecutionEvents): void {
  begin(execution).then(
    (body) => events.answered(body),
    (thrown) => {
      if (!(thrown instanceof JsonRpcFault)) return events.failed(thrown);
      return events.answered(errorMessage(execution.request.idText, { code: thrown.code, message: thrown.message }));
    },
  );
}

/** Never throws at once. */
function begin(execution: Execution): Carried {
  const { method } = execution.request;
  const handler = HANDLERS.get(method);
  try {
    if (handler === undefined || !hasMethod(execution.era, method)) throw unknownMethod(method);
    return handler(execution);
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}

function unknownMethod(method: string): JsonRpcFault {
  return new JsonRpcFault(METHOD_NOT_FOUND, `Method not found: ${method.slice(0, 100)}`);
}

/** Methods of one era alone; what a client asks for in the other one is not there. */
const ONLY_IN: ReadonlyMap<string, Era> = new Map([
  ["server/discover", "modern"],
  ["tasks/get", "modern"],
  ["tasks/update", "modern"],
  ["tasks/cancel", "modern"],
  ["ping", "legacy"],
  ["logging/setLevel", "legacy"],
  ["resources/subscribe", "legacy"],
  ["resources/unsubscribe", "legacy"],
]);

/** Whether requests of this era may be carried out under this method. */
export function hasMethod(era: Era, method: string): boolean {
  return HANDLERS.has(method) && (ONLY_IN.get(method) ?? era) === era;
}

async function discover(execution: Execution): Promise<string> {
  return ownResult(execution, JSON.stringify(await discovery(execution.view, execution.offersTasks)), true);
}

/** Known lists serve at once; a server whose lists were never read gets a moment, and is left out when it takes longer. */
async function list(kind: ListKind, execution: Execution): Promise<AnswerBody> {
  const { view, request, firstListWaitMs } = execution;
  if (request.params.cursor !== undefined) throw new JsonRpcFault(INVALID_PARAMS, "Unknown cursor: this list has one page");
  const unread = view.hosts.filter((host) => host.catalog.lists === undefined);
  if (unread.length > 0) await Promise.all(unread.map((host) => host.catalog.firstReading(firstListWaitMs)));
  const [only] = view.hosts;
  if (view.kind === "server" && only !== undefined) await requireLists(only);
  for (const host of view.hosts) host.catalog.touch();
  const { era } = execution;
  const bytes = era === "legacy" ? view.listBytes(kind, era) : undefined;
  return bytes === undefined ? ownResult(execution, view.listText(kind, era), true) : new SharedResult(request.idText, bytes);
}

/** A project's list does without a server that is away; a server's own route has nothing else to show, and an empty list would be a lie. */
async function requireLists({ handle, upstream, catalog }: ServerHost): Promise<void> {
  if ((await catalog.firstLists()) !== undefined) return;
  throw upstreamUnavailable(handle, upstream.status().reason ?? "it does not say what it offers");
}

const locateName = createLocator(["name"]);

/** Waits for nothing where the name is known, as nearly always. May throw at once. */
function callTool(execution: Execution): Carried {
  const { view, request } = execution;
  const name = requireText(request.params.name, "name");
  const host = view.named("tools", name)?.host;
  const unread = host !== undefined && host.catalog.lists === undefined;
  // Which of its tools write, and what another name stands for, only the server's list tells: without it none is called.
  const needsList = unread && (host.catalog.needsList || mayBeShortened(name));
  return needsList ? requireTools(host).then(() => callNamed(execution, name)) : callNamed(execution, name);
}

function callNamed(execution: Execution, name: string): Carried {
  const target = findNamed(execution.view, "tools", name);
  return target instanceof Promise ? target.then((found) => callTarget(execution, found, name)) : callTarget(execution, target, name);
}

function callTarget(execution: Execution, target: Target, name: string): Carried {
  // Nothing may come between this look and the call.
  const withheld = target.host.catalog.withheld.get(target.own);
  if (withheld !== undefined) return Promise.resolve(refuseWithheld(target, withheld.why));
  return forward(execution, target, replaced(execution.request.paramsText, locateName, name, target.own));
}

async function requireTools({ handle, upstream, catalog }: ServerHost): Promise<void> {
  if ((await catalog.firstLists()) === undefined) throw upstreamUnavailable(handle, upstream.status().reason ?? "its tools are not known");
}

/** The project's own prompts are answered here. */
async function getPrompt(execution: Execution): Promise<UpstreamAnswer> {
  const { view, request } = execution;
  const name = requireText(request.params.name, "name");
  const own = view.prompt(name);
  if (own !== undefined) return ownResult(execution, JSON.stringify(renderPrompt(own, request.params.arguments)));
  const target = await findNamed(view, "prompts", name);
  return forward(execution, target, replaced(request.paramsText, locateName, name, target.own));
}

/** Where this name leads; for one that is not in a list that may be old, the list is read again. */
function findNamed(view: View, kind: "tools" | "prompts", name: string): Target | Promise<Target> {
  const known = view.named(kind, name);
  return known !== undefined && isListed(known, kind) ? known : lookAgain(view, kind, name, known);
}

async function lookAgain(view: View, kind: "tools" | "prompts", name: string, known: Target | undefined): Promise<Target> {
  await known?.host.catalog.refreshOlderThan(UNKNOWN_NAME_REFRESH_MS);
  const found = view.named(kind, name);
  if (found !== undefined && isListed(found, kind)) return found;
  throw new JsonRpcFault(INVALID_PARAMS, `Unknown ${kind === "tools" ? "tool" : "prompt"}: ${name.slice(0, 200)}`);
}

/** Whether the server lists this name, as far as is known, be it offered or not. A server that was never read answers for itself. */
function isListed({ host, own, isGone }: Target, kind: "tools" | "prompts"): boolean {
  const { lists, withheld } = host.catalog;
  if (isGone === true) return false;
  if (lists === undefined) return true;
  return namesIn(lists[kind]).has(own) || (kind === "tools" && withheld.has(own));
}

/** Of each list that was looked into: a server may have a thousand tools, and is called by name again and again. */
const names = new WeakMap<readonly ListItem[], ReadonlySet<string>>();

function namesIn(list: readonly ListItem[]): ReadonlySet<string> {
  const known = names.get(list) ?? new Set(list.map(({ own }) => own));
  names.set(list, known);
  return known;
}

const locateUri = createLocator(["uri"]);

async function readResource(execution: Execution): Promise<UpstreamAnswer> {
  const { view, request } = execution;
  const uri = requireText(request.params.uri, "uri");
  return firstAnswer(view.resource(uri), uri, (target) =>
    forward(execution, target, replaced(request.paramsText, locateUri, uri, target.own)),
  );
}

const locateRefName = createLocator(["ref", "name"]);
const locateRefUri = createLocator(["ref", "uri"]);

/** A project's own prompts know no values beforehand. */
const NO_COMPLETION = '{"completion":{"values":[]}}';

async function complete(execution: Execution): Promise<UpstreamAnswer> {
  const { view, request } = execution;
  const ref = request.params.ref as { type?: unknown; name?: unknown; uri?: unknown } | null | undefined;
  if (ref?.type === "ref/prompt") {
    const name = requireText(ref.name, "ref.name");
    if (view.prompt(name) !== undefined) return ownResult(execution, NO_COMPLETION);
    const target = view.named("prompts", name);
    if (target === undefined) throw new JsonRpcFault(INVALID_PARAMS, `Unknown prompt: ${name.slice(0, 200)}`);
    return forward(execution, target, replaced(request.paramsText, locateRefName, name, target.own));
  }
  if (ref?.type !== "ref/resource") throw new JsonRpcFault(INVALID_PARAMS, 'ref.type must be "ref/prompt" or "ref/resource"');
  const uri = requireText(ref.uri, "ref.uri");
  return firstAnswer(view.resource(uri), uri, (target) =>
    forward(execution, target, replaced(request.paramsText, locateRefUri, uri, target.own)),
  );
}

/** Asks one after the other until one has it: reading changes nothing. The last one's answer stands. */
async function firstAnswer(
  targets: readonly Target[],
  uri: string,
  ask: (target: Target) => Promise<UpstreamAnswer>,
): Promise<UpstreamAnswer> {
  const last = targets.at(-1);
  if (last === undefined) throw new JsonRpcFault(INVALID_PARAMS, `Unknown resource: ${uri.slice(0, 200)}`);
  for (const target of targets.slice(0, -1)) {
    const answer = await ask(target).catch(() => undefined);
    if (answer !== undefined && !isError(answer)) return answer;
  }
  return ask(last);
}

function isError(answer: UpstreamAnswer): boolean {
  return typeof answer === "string" && "error" in (JSON.parse(answer) as object);
}

const LOG_LEVELS: readonly unknown[] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/** Goes to each server of the view that logs to clients one by one; any other would log to all of them alike. */
async function setLogLevel(execution: Execution): Promise<UpstreamAnswer> {
  const { view, request, session } = execution;
  const { level } = request.params;
  const hosts = view.hosts.filter(logsToPeers);
  if (hosts.length === 0 || session === undefined) throw unknownMethod(request.method);
  if (typeof level !== "string" || !LOG_LEVELS.includes(level)) throw new JsonRpcFault(INVALID_PARAMS, "level must be a level of syslog");
  session.logLevel = level;
  const answers = hosts.map((host) => forward(execution, { host, own: "" }, request.paramsText));
  const [only] = answers;
  if (view.kind === "server" && only !== undefined) return only;
  // What a server that is away misses it is told when it is back; one that refuses is no reason to refuse the others.
  await Promise.allSettled(answers);
  return resultMessage(request.idText, "{}");
}

async function subscribe({ view, request, session }: Execution): Promise<UpstreamAnswer> {
  const uri = requireText(request.params.uri, "uri");
  if (session === undefined) throw unknownMethod(request.method);
  const refusal = await session.subscriptions.add(uri, view.resource(uri));
  return refusal === undefined ? resultMessage(request.idText, "{}") : errorText(request.idText, refusal);
}

async function unsubscribe({ request, session }: Execution): Promise<UpstreamAnswer> {
  const uri = requireText(request.params.uri, "uri");
  if (session === undefined) throw unknownMethod(request.method);
  session.subscriptions.remove(uri);
  return resultMessage(request.idText, "{}");
}

/** To the one server of the view: whose task it is was found out before. */
async function forwardToOnly(execution: Execution): Promise<UpstreamAnswer> {
  const { view, request } = execution;
  const [host] = view.hosts;
  if (host === undefined || view.kind !== "server") throw unknownMethod(request.method);
  return forward(execution, { host, own: "" }, request.paramsText);
}

function forward(execution: Execution, { host }: Target, paramsText: string | undefined): Promise<UpstreamAnswer> {
  // What took too long to find out where it goes is not sent any more.
  if (execution.signal.aborted) throw abortError(execution.signal);
  execution.onSent(host);
  const peer = execution.caller.peerFor(host);
  return peer instanceof Promise ? peer.then((found) => send(execution, host, found, paramsText)) : send(execution, host, peer, paramsText);
}

function send(execution: Execution, host: ServerHost, peer: Peer, paramsText: string | undefined): Promise<UpstreamAnswer> {
  const { era, request, onNotification, onQuestion: ask, onPoll, headers, signal, trace } = execution;
  const { idText, method } = request;
  const onQuestion = ask === undefined ? undefined : (question: Question) => ask(question, host);
  return host.upstream.request({ peer, era, idText, method, paramsText, onNotification, onQuestion, onPoll, headers, signal, trace });
}

/** A result of the gateway's own, in the era of the call. */
function ownResult({ era, view, request }: Execution, resultText: string, isCached = false): string {
  return resultMessage(request.idText, era === "legacy" ? resultText : modernResult(view, resultText, isCached));
}

/** The params with one string, which reads as `from`, replaced; untouched, byte for byte, where it stays what it was. */
function replaced(paramsText: string | undefined, locate: ReturnType<typeof createLocator>, from: string, to: string): string | undefined {
  const span = paramsText === undefined || from === to ? undefined : locate(paramsText).spans[0];
  return paramsText === undefined || span === undefined ? paramsText : splice(paramsText, span, JSON.stringify(to));
}

function requireText(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new JsonRpcFault(INVALID_PARAMS, `${name} must be a string that is not empty`);
}
