import type { Runtime } from "../../runtime/runtime.ts";

const TIME_LIMIT_MS = 2000;
const MAX_BYTES = 16 * 1024;

/** What a container printed last; nothing where that cannot be had within two seconds. */
export async function lastLines(runtime: Pick<Runtime, "logs">, name: string, count: number): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const { data } of runtime.logs(name, { follow: false, tail: count, signal })) {
      chunks.push(data);
      bytes += data.length;
      if (bytes > MAX_BYTES) break;
    }
  } catch {
    // Lines are a help beside the error that is told anyway.
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count);
}
