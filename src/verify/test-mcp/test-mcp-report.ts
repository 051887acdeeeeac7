export type TestMcpVerdict = "PASS" | "TRANSPORT/AUTH FAIL" | "CONTRACT FAIL";

export type TestMcpStepName = "health" | "initialize" | "tools/list" | "expect-tools" | "tools/call";

/** A step that ran; nothing runs after a failed one. */
export interface TestMcpStep {
  readonly name: TestMcpStepName;
  readonly outcome: "pass" | "fail";
  readonly ms: number;
  /** One line: what was found, or why it failed. */
  readonly detail: string;
}

export interface MissingTool {
  readonly name: string;
  /** Tools of the server whose names come near, best first. */
  readonly nearest: readonly string[];
}

/** What one test of an endpoint found. `-o json` prints it as it is. */
export interface TestMcpReport {
  readonly url: string;
  readonly verdict: TestMcpVerdict;
  readonly exitCode: 0 | 1 | 2;
  readonly ms: number;
  readonly steps: readonly TestMcpStep[];
  /** Null where `initialize` did not pass. */
  readonly server: { readonly name: string; readonly version: string; readonly protocolVersion: string } | null;
  /** Names in the server's order; null where `tools/list` did not pass. */
  readonly tools: readonly string[] | null;
  readonly missing: readonly MissingTool[];
  /** The tool that was called, with its text in full. */
  readonly call: { readonly tool: string; readonly isError: boolean; readonly text: string } | null;
  readonly error: string | null;
  readonly hint: string | null;
}

export const EXIT_CODES: Readonly<Record<TestMcpVerdict, 0 | 1 | 2>> = { PASS: 0, "TRANSPORT/AUTH FAIL": 1, "CONTRACT FAIL": 2 };
