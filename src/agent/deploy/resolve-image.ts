import type { ImageInfo, Runtime } from "../../runtime/runtime.ts";
import { imageNotFound } from "../../runtime/runtime-errors.ts";
import type { PullPolicy } from "../agent-use-cases.ts";
import type { Progress } from "../operation/operation-run.ts";

/**
 * The image that a reference stands for now, pulled where the policy says so; one of `localhost/` is never pulled.
 * Throws what a pull throws, and `not_found`/`IMAGE_NOT_FOUND`.
 */
export async function resolveImage(
  runtime: Pick<Runtime, "image" | "pull">,
  wish: { readonly reference: string; readonly policy: PullPolicy },
  progress: Progress,
  signal: AbortSignal,
): Promise<ImageInfo> {
  const { reference, policy } = wish;
  const mayPull = policy !== "never" && !reference.startsWith("localhost/");
  const there = await runtime.image(reference, signal);
  if (there !== undefined && !(mayPull && policy === "always")) return told(there, progress);
  if (!mayPull) throw imageNotFound(reference);
  await runtime.pull(reference, { onProgress: progress, signal });
  const pulled = await runtime.image(reference, signal);
  if (pulled === undefined) throw imageNotFound(reference);
  return told(pulled, progress);
}

function told(image: ImageInfo, progress: Progress): ImageInfo {
  progress(image.digest);
  return image;
}
