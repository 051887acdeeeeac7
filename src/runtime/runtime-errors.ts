/** What a runtime throws, in one place: every driver says the same of the same. */
import { AppError } from "../core/app-error.ts";

export function containerNotFound(name: string): AppError {
  return new AppError("not_found", "CONTAINER_NOT_FOUND", `There is no container ${name}`);
}

export function imageNotFound(reference: string): AppError {
  return new AppError("not_found", "IMAGE_NOT_FOUND", `The image ${reference} is not on this machine`, {
    hint: "pull it first, or build it here",
  });
}

/** `holder` says whose it is, where that is known. */
export function nameTaken(name: string, options: { readonly holder?: string; readonly cause?: unknown } = {}): AppError {
  return new AppError("conflict", "CONTAINER_NAME_TAKEN", `The container name ${name} is in use${by(options.holder)}`, {
    hint: `look at it with podman ps -a --external --filter name=^${name}$, and remove or rename it`,
    cause: options.cause,
  });
}

export function portTaken(name: string, detail: string, cause?: unknown): AppError {
  return new AppError("conflict", "PORT_TAKEN", `The container ${name} cannot start, a host port of it is in use: ${detail}`, {
    hint: "stop what listens there, or give the component another host port",
    cause,
  });
}

export function stateWrong(name: string, detail: string, cause?: unknown): AppError {
  return new AppError("precondition", "CONTAINER_STATE_WRONG", `The container ${name} is in the wrong state for this: ${detail}`, {
    cause,
  });
}

/** The engine's service was ended while it started the container, whose half is still there (runc: `container with given ID already exists`). */
export function containerHalfMade(name: string, cause?: unknown): AppError {
  return new AppError("precondition", "CONTAINER_HALF_MADE", `The container ${name} was left half started and cannot be started any more`, {
    hint: "it has to be made anew",
    cause,
  });
}

export function pullFailed(image: string, detail: string, cause?: unknown): AppError {
  return new AppError("unavailable", "PULL_FAILED", `The image ${image} could not be pulled: ${detail}`, {
    hint: "check its name, the registry and the log-in there",
    cause,
  });
}

export function runtimeUnavailable(detail: string, cause?: unknown): AppError {
  return new AppError("unavailable", "RUNTIME_UNAVAILABLE", `The container engine cannot be reached: ${detail}`, {
    hint: "mcp-agent doctor says what is wrong with it",
    cause,
  });
}

export function runtimeTimeout(what: string, timeoutMs: number): AppError {
  return new AppError("deadline", "RUNTIME_TIMEOUT", `The container engine did not answer within ${timeoutMs / 1000} s: ${what}`, {
    hint: "the engine or one container may hang; mcp-agent doctor says more",
  });
}

export function diskFull(detail: string, cause?: unknown): AppError {
  return new AppError("exhausted", "DISK_FULL", `The container engine has no space left: ${detail}`, {
    hint: "free space in its storage folder",
    cause,
  });
}

/** What the engine refused for a reason that has no name of its own here. */
export function runtimeFailed(what: string, detail: string, cause?: unknown): AppError {
  return new AppError("internal", "RUNTIME_FAILED", `The container engine failed to ${what}: ${detail}`, { cause });
}

/** `signal`'s own reason where that is an AppError. */
export function runtimeCanceled(signal: AbortSignal): AppError {
  if (signal.reason instanceof AppError) return signal.reason;
  return new AppError("canceled", "RUNTIME_CALL_CANCELED", "A call to the container engine was canceled");
}

/** A container that no driver makes, whoever asks for it. */
export function specRefused(detail: string): AppError {
  return new AppError("invalid", "CONTAINER_SPEC_REFUSED", `This container is not made: ${detail}`);
}

function by(holder: string | undefined): string {
  return holder === undefined ? "" : ` by ${holder}`;
}
