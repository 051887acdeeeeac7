import type { Runtime } from "../../runtime/runtime.ts";

const MAX_LINES = 2_000;

/** Both streams of a container's log, its last two thousand lines. Empty where there is none. */
export async function readLog(runtime: Runtime, name: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const { data } of runtime.logs(name, { follow: false, tail: MAX_LINES, signal: AbortSignal.timeout(10_000) })) {
      text += decoder.decode(data, { stream: true });
    }
  } catch {
    // What came before the failure is worth having.
  }
  return text;
}

/** Lines that tell of a write to a root that cannot be written to. */
export function refusedWrites(log: string): readonly string[] {
  return [...new Set(log.split("\n").filter((line) => /read-only file ?system|EROFS/i.test(line)))].map((line) =>
    line.trim().slice(0, 300),
  );
}
