import { CallLimit } from "./call-limit.ts";

/** Runs what takes several steps under one deadline: the signal it gets is aborted with the error that is then thrown. */
export async function withDeadline<T>(
  options: { readonly what: string; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  run: (within: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new CallLimit(options);
  const abort = new AbortController();
  limit.whenOver((error) => abort.abort(error));
  try {
    return await run(abort.signal);
  } finally {
    limit.release();
  }
}
