import type { OutgoingEvent } from "../../mcp/sse.ts";

/** Where the events of one stream go; `http/` makes it. */
export interface EventSink {
  /** Does nothing once it is closed. */
  send(event: OutgoingEvent): void;
  /** Ends the stream behind what was sent. */
  close(): void;
}

/** What the source of a stream hears of its reader; nothing more after it has closed the stream itself. */
export interface Reading {
  /** The reader has gone, or was cut off because it left too much unread. */
  onGone(): void;
  /** The stream has been open for as long as one may be: it says what there is to say and closes. */
  onTimeUp(): void;
}

/** Begins to send to a reader. */
export type OpenStream = (sink: EventSink) => Reading;
