import type { SharedResult } from "../../mcp/shared-result.ts";

export type PlainBody = string | Uint8Array | SharedResult;

/** An answer whose body is all there: what nearly every answer is. Any other is the web's `Response`. */
export class PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: PlainBody | null;

  constructor(body: PlainBody | null, status: number, headers: Readonly<Record<string, string>>) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

export type HttpAnswer = PlainAnswer | Response;

export function asPlainAnswer(body: PlainBody | null, status: number, headers: Readonly<Record<string, string>>): PlainAnswer {
  return new PlainAnswer(body, status, headers);
}
