import type { BadHead, RequestHead } from "../http1/request-head.ts";
import { RequestReader } from "../http1/request-reader.ts";
import { AnswerWriter } from "./answer-writer.ts";
import type { HttpHost } from "./http-host.ts";
import { HttpRequest } from "./http-request.ts";
import { type HttpAnswer, PlainAnswer } from "./plain-answer.ts";
import { RequestBody, requestAborted, textOf } from "./request-body.ts";
import { SocketWriter, type WritableSocket } from "./socket-writer.ts";

/** What a connection needs of a socket. */
export interface HttpSocket extends WritableSocket {
  readonly remoteAddress: string;
  pause(): void;
  resume(): void;
  /** Closes it when what was written has left. */
  end(): void;
  terminate(): void;
}

/** Bytes of requests to come that are read while one is carried out. */
const MAX_HELD_BYTES = 64 * 1024;
/** How long a client that still sends may take to hear that its connection is closed, in seconds. */
const LINGER_S = 2;
const NEVER = Number.POSITIVE_INFINITY;

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/**
 * The server's side of one connection: requests one after another, each answered before the next is read.
 *
 * States: waiting for a request → carrying one out, from its head on → sending the answer → sent, when the socket has all of
 * it or keeps it waiting → waiting, when the socket has taken it and the request is whole … → closed.
 */
export class HttpConnection {
  readonly #host: HttpHost;
  readonly #socket: HttpSocket;
  readonly #onClosed: (connection: HttpConnection) => void;
  readonly #address: string;
  readonly #reader: RequestReader;
  readonly #writer: SocketWriter;
  readonly #answers: AnswerWriter;
  #state: "waiting" | "carrying out" | "sending" | "sent" | "closed" = "waiting";
  /** Of the request that is under way. */
  #head: RequestHead | undefined;
  #request: HttpRequest | undefined;
  #body: RequestBody | undefined;
  /** The client was told something else than the answer that is still to come. */
  #isAbandoned = false;
  /** A client that waits for a 100 has not got it. */
  #isContinueDue = false;
  #closeAfter = false;
  #isPaused = false;
  /** Bytes that came of what nobody reads. */
  #drainedBytes = 0;
  /** When what is waited for has taken too long, in the host's seconds. */
  #dueAt: number;
  /** What is waited for is the rest of a head. */
  #isHeadBegun = false;

  constructor(host: HttpHost, socket: HttpSocket, onClosed: (connection: HttpConnection) => void) {
    this.#host = host;
    this.#socket = socket;
    this.#onClosed = onClosed;
    this.#address = socket.remoteAddress;
    this.#reader = new RequestReader(
      {
        onHead: (head, contentLength, bytes, from, to) => this.#begin(head, contentLength, bytes, from, to),
        onBody: (part) => this.#onBody(part),
        onWhole: () => this.#onWhole(),
        onBroken: (status) => this.#onBroken(status),
      },
      host.limits.maxHeadBytes,
    );
    this.#writer = new SocketWriter(socket);
    this.#answers = new AnswerWriter(this.#writer, {
      onSent: (close) => this.#onSent(close),
      onBroken: () => this.terminate(),
      onStall: (stalls) => this.#due(stalls ? host.limits.stallS : NEVER),
    });
    this.#dueAt = host.seconds + host.limits.idleS;
  }

  onData(bytes: Buffer): void {
    if (this.#reader.state === "over") {
      this.#drain(bytes.length);
      return;
    }
    this.#reader.push(bytes);
    this.#awaitHead();
    if (this.#reader.heldBytes > MAX_HELD_BYTES) this.#pause();
  }

  onDrain(): void {
    const progress = this.#writer.flush();
    if (this.#writer.idle && this.#state === "sent") this.#settle();
    else if (progress && this.#state === "sent") this.#due(this.#host.limits.stallS);
  }

  /** The socket is gone. */
  onClose(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#reader.stop();
    this.#writer.close();
    this.#answers.close();
    this.#body?.fail(requestAborted());
    this.#request?.leave();
    if (this.#head !== undefined) this.#host.onFinish();
    this.#onClosed(this);
  }

  /** Called about once a second. */
  onTick(): void {
    if (this.#host.seconds < this.#dueAt) return;
    if (this.#isHeadBegun) this.#refuse(408);
    else if (this.#isIdle) this.#end();
    else this.terminate();
  }

  /** Closes it as soon as nothing is under way. */
  stop(): void {
    if (this.#isIdle) this.#end();
  }

  /** Closes it now, whatever it is at. */
  terminate(): void {
    this.#socket.terminate();
    this.onClose();
  }

  get #isIdle(): boolean {
    return this.#state === "waiting" && this.#reader.state === "head" && this.#reader.heldBytes === 0;
  }

  #begin(head: RequestHead, contentLength: string | undefined, bytes: Buffer | undefined, from: number, to: number): void {
    this.#state = "carrying out";
    this.#head = head;
    this.#isHeadBegun = false;
    this.#host.onBegin();
    if (bytes === undefined) this.#body = this.#beginBody(head);
    this.#due(bytes === undefined ? this.#host.limits.bodyS : NEVER);
    const text = bytes === undefined || contentLength === undefined ? undefined : textOf(bytes, from, to);
    const request = new HttpRequest(head, contentLength, this.#body ?? text);
    this.#request = request;
    this.#host.handler(request, this.#address).then(
      (answer) => this.#answer(answer),
      (thrown) => this.#fail(thrown),
    );
  }

  #beginBody({ expectsContinue }: RequestHead): RequestBody {
    this.#drainedBytes = 0;
    this.#isContinueDue = expectsContinue;
    return new RequestBody({ pause: () => this.#pause(), resume: () => this.#resume(), wanted: () => this.#sendContinue() });
  }

  #onBody(part: Buffer): void {
    this.#isContinueDue = false;
    if (this.#state === "waiting") this.#drain(part.length);
    else this.#body?.push(part);
  }

  #onWhole(): void {
    this.#body?.finish();
    if (this.#state === "carrying out") this.#due(NEVER);
    if (this.#state === "waiting") this.#next();
  }

  /** What nobody reads is let by up to a limit, so that its sender may hear the answer. */
  #drain(bytes: number): void {
    this.#drainedBytes += bytes;
    if (this.#drainedBytes > this.#host.limits.maxDrainBytes) this.terminate();
  }

  #sendContinue(): void {
    if (!this.#isContinueDue) return;
    this.#isContinueDue = false;
    this.#writer.write(CONTINUE, CONTINUE.length);
  }

  /** Nothing that follows can be read. An answer that has begun is the last; one that has not is not waited for. */
  #onBroken(status: BadHead | 431): void {
    const state = this.#state;
    this.#closeAfter = true;
    this.#isAbandoned = state === "carrying out";
    this.#body?.fail(requestAborted());
    if (state === "carrying out" || this.#body === undefined) this.#refuse(status);
    // Its request was answered already.
    else if (state === "waiting") this.terminate();
  }

  /** For what is no request: a status alone, and the end. */
  #refuse(status: BadHead | 408 | 431): void {
    this.#closeAfter = true;
    this.#isHeadBegun = false;
    this.#reader.stop();
    this.#send(new PlainAnswer(null, status, {}));
  }

  #answer(answer: HttpAnswer): void {
    if (this.#state !== "carrying out" || this.#isAbandoned) {
      if (answer instanceof Response) void answer.body?.cancel().catch(() => undefined);
      return;
    }
    try {
      this.#send(answer);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** The handler promises not to throw; where it does, the client is told as little as can be. */
  #fail(thrown: unknown): void {
    this.#host.onFailure(thrown);
    if (this.#state === "closed" || this.#isAbandoned) return;
    this.#closeAfter = true;
    this.#send(new PlainAnswer(null, 500, {}));
  }

  #send(answer: HttpAnswer): void {
    const head = this.#head;
    if (this.#host.stopping || head?.keepAlive === false || asksToClose(answer) || this.#mustClose()) this.#closeAfter = true;
    this.#state = "sending";
    this.#due(NEVER);
    const to = { method: head?.method ?? "", version: head?.version ?? "1.1", close: this.#closeAfter, date: this.#host.date };
    this.#answers.send(answer, to);
  }

  /** What is to come of the body is too much to be let by, or may never come. */
  #mustClose(): boolean {
    return this.#reader.state === "body" && (this.#isContinueDue || this.#reader.leftBytes > this.#host.limits.maxDrainBytes);
  }

  #onSent(close: boolean): void {
    if (close) this.#closeAfter = true;
    this.#state = "sent";
    if (this.#writer.idle) this.#settle();
    else this.#due(this.#host.limits.stallS);
  }

  /** The answer is gone. */
  #settle(): void {
    if (this.#head !== undefined) this.#host.onFinish();
    this.#head = undefined;
    this.#request = undefined;
    this.#body?.discard();
    this.#state = "waiting";
    if (this.#closeAfter) this.#linger();
    else if (this.#reader.state === "whole") this.#next();
    else this.#due(this.#host.limits.bodyS);
  }

  #next(): void {
    this.#body = undefined;
    if (this.#host.stopping) {
      this.#end();
      return;
    }
    this.#due(this.#host.limits.idleS);
    this.#resume();
    this.#reader.next();
    this.#awaitHead();
  }

  /** Where some of a head is there, the rest has its time from then on, however often a byte of it comes. */
  #awaitHead(): void {
    if (this.#isHeadBegun || this.#state !== "waiting" || this.#reader.state !== "head" || this.#reader.heldBytes === 0) return;
    this.#isHeadBegun = true;
    this.#due(this.#host.limits.headS);
  }

  /** Closes, with a moment for a client that still sends: to close on it at once could take the answer from it. */
  #linger(): void {
    if (this.#reader.state === "whole" && this.#reader.heldBytes === 0) {
      this.#end();
      return;
    }
    this.#reader.stop();
    this.#resume();
    this.#due(LINGER_S);
  }

  #end(): void {
    this.#socket.end();
    this.onClose();
  }

  #due(seconds: number): void {
    this.#dueAt = this.#host.seconds + seconds;
  }

  #pause(): void {
    if (this.#isPaused || this.#state === "closed") return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#isPaused || this.#state === "closed") return;
    this.#isPaused = false;
    this.#socket.resume();
  }
}

/** Answers may say that they are the last, as one does that sends its client elsewhere. */
function asksToClose(answer: HttpAnswer): boolean {
  const said = answer instanceof PlainAnswer ? answer.headers.connection : answer.headers.get("connection");
  return said === "close";
}
