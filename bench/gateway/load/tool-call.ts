/** A tools/call that is sent over and over. */
export interface ToolCall {
  /** Name in the report. */
  readonly name: string;
  /** The upstream's own name of the tool. */
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Text that every right answer holds. */
  readonly expect: string;
  /** No right answer's body is shorter. */
  readonly minBodyBytes: number;
}

/** Stands for the id in a body; as wide as every id that replaces it, so Content-Length stays right. */
const ID_MARK = 9_999_999_999;

const ECHO_TEXT = "The quick brown fox jumps over the lazy dog. ".repeat(5).slice(0, 200);

export const ECHO_200: ToolCall = {
  name: "echo 200 B",
  tool: "echo",
  arguments: { text: ECHO_TEXT },
  expect: ECHO_TEXT,
  minBodyBytes: ECHO_TEXT.length,
};
export const BIG_64_KIB: ToolCall = bigCall("result 64 KiB", 65_536);
export const BIG_1_MIB: ToolCall = bigCall("result 1 MiB", 1_048_576);

function bigCall(name: string, bytes: number): ToolCall {
  return { name, tool: "big", arguments: { bytes }, expect: "x".repeat(200), minBodyBytes: bytes };
}

export function callBody(call: ToolCall, toolPrefix: string): string {
  const params = { name: toolPrefix + call.tool, arguments: call.arguments };
  return JSON.stringify({ jsonrpc: "2.0", id: ID_MARK, method: "tools/call", params });
}
