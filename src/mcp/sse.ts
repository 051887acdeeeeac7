/**
 * Server-sent events as text: an incremental parser and an encoder.
 *
 * Follows the HTML standard (9.2.6): lines end in CR, LF or CRLF; an event ends at an
 * empty line; a comment starts with a colon; what stands unfinished at the end of a
 * stream is no event. It knows nothing of HTTP or of JSON-RPC, and comes back to no stream by itself.
 */
import { AppError } from "../core/app-error.ts";

export interface SseEvent {
  /** `message` where the stream gave no name. */
  readonly event: string;
  /** The data lines joined by LF; may be empty. */
  readonly data: string;
  /** The last id the stream gave, with this event or an earlier one; empty before the first. */
  readonly id: string;
}

export interface SseParser {
  /**
   * Takes the next piece of the stream and returns the events it completes, in order.
   * Throws `exhausted`/`SSE_EVENT_TOO_LARGE`; the stream cannot be read on after that.
   */
  push(chunk: string | Uint8Array): readonly SseEvent[];
  /** The id behind which the stream can be resumed: of the last finished event, one without data too. Empty before the first. */
  readonly lastEventId: string;
  /** How long a client is to wait before it comes back, in ms, as the server said last; undefined where it has not. */
  readonly retryMs: number | undefined;
  /** What of an unfinished event has come, in UTF-16 units. */
  readonly held: number;
}

const NONE: readonly SseEvent[] = [];
const BYTE_ORDER_MARK = 0xfeff;
const LF = 0x0a;
const COLON = 0x3a;
const SPACE = 0x20;
/** UTF-8 needs at most this many bytes for one UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;
const DIGITS = /^[0-9]+$/;

/**
 * A parser for one stream. No event's data, and no single line, may exceed `maxEventBytes` (UTF-8).
 *
 * Each piece is searched once, however small the pieces are: a line that arrives in a
 * thousand parts costs no more than one that arrives whole.
 */
export function createSseParser(options: { readonly maxEventBytes: number }): SseParser {
  const { maxEventBytes } = options;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let atStart = true;
  let afterCr = false;
  let partial = "";
  let data: string | undefined;
  let event = "";
  let id = "";
  let lastEventId = "";
  let retryMs: number | undefined;

  /** Counts UTF-16 units, which are never more than the bytes; `finish` counts the bytes. */
  function requireRoom(units: number): void {
    if (units + (data?.length ?? 0) > maxEventBytes) throw tooLarge(maxEventBytes);
  }

  function finish(): SseEvent | undefined {
    const finished = data === undefined ? undefined : { event: event === "" ? "message" : event, data, id };
    if (data !== undefined && data.length * MAX_BYTES_PER_UNIT > maxEventBytes && Buffer.byteLength(data) > maxEventBytes) {
      throw tooLarge(maxEventBytes);
    }
    data = undefined;
    event = "";
    lastEventId = id;
    return finished;
  }

  function field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1);
    if (name === "data") data = data === undefined ? value : `${data}\n${value}`;
    else if (name === "event") event = value;
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && DIGITS.test(value)) retryMs = Number(value);
  }

  function takeLine(line: string, events: SseEvent[]): void {
    requireRoom(line.length);
    if (line === "") {
      const finished = finish();
      if (finished !== undefined) events.push(finished);
    } else if (line.charCodeAt(0) !== COLON) field(line);
  }

  function push(chunk: string | Uint8Array): readonly SseEvent[] {
    const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    if (text === "") return NONE;
    const events: SseEvent[] = [];
    let start = skippedAtStart(text);
    let cr = text.indexOf("\r", start);
    let lf = text.indexOf("\n", start);
    while (cr !== -1 || lf !== -1) {
      const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
      takeLine(partial + text.slice(start, end), events);
      partial = "";
      start = end === cr && lf === cr + 1 ? end + 2 : end + 1;
      afterCr = end === text.length - 1 && end === cr;
      cr = nextAt(text, "\r", cr, start);
      lf = nextAt(text, "\n", lf, start);
    }
    partial += text.slice(start);
    requireRoom(partial.length);
    return events;
  }

  /** Length of a byte order mark, or of the LF whose CR ended the piece before. */
  function skippedAtStart(text: string): number {
    const first = text.charCodeAt(0);
    const skipped = (atStart && first === BYTE_ORDER_MARK) || (afterCr && first === LF) ? 1 : 0;
    atStart = false;
    afterCr = false;
    return skipped;
  }

  return {
    push,
    get lastEventId() {
      return lastEventId;
    },
    get retryMs() {
      return retryMs;
    },
    get held() {
      return partial.length + (data?.length ?? 0);
    },
  };
}

/** Where `mark` is next, at `start` or behind it; searched only when the place known before lies behind us. */
function nextAt(text: string, mark: string, known: number, start: number): number {
  return known === -1 || known >= start ? known : text.indexOf(mark, start);
}

function tooLarge(maxEventBytes: number): AppError {
  return new AppError("exhausted", "SSE_EVENT_TOO_LARGE", `An event of the stream is larger than ${maxEventBytes} bytes`);
}

const LINE_END = /\r\n|\r|\n/;

/** An event to be sent. */
export interface OutgoingEvent {
  readonly data: string;
  /** Where `message`, the default, is not meant. One line. */
  readonly event?: string | undefined;
  /** What the reader says it has seen when it comes back. One line. */
  readonly id?: string | undefined;
  /** How long the reader is to wait before it comes back. */
  readonly retryMs?: number | undefined;
}

/** The text of one event. Line ends inside `data` arrive as LF, since the format has no other. Throws `internal` for a name or an id of two lines. */
export function encodeSseEvent({ data, event, id, retryMs }: OutgoingEvent): string {
  const name = event === undefined ? "" : `event: ${requireLine(event, "name")}\n`;
  const place = id === undefined ? "" : `id: ${requireLine(id, "id")}\n`;
  const wait = retryMs === undefined ? "" : `retry: ${Math.round(retryMs)}\n`;
  const lines = data.includes("\n") || data.includes("\r") ? data.split(LINE_END).join("\ndata: ") : data;
  return `${name}${place}${wait}data: ${lines}\n\n`;
}

/** The text of an event that has data alone, and a name where it is not `message`. Throws as `encodeSseEvent` does. */
export function encodeSseMessage(data: string, event?: string): string {
  return encodeSseEvent({ data, event });
}

function requireLine(text: string, what: string): string {
  if (LINE_END.test(text)) throw new AppError("internal", "SSE_EVENT_NAME_INVALID", `An event's ${what} is one line`);
  return text;
}
