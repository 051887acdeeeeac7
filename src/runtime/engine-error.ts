import type { AppError } from "../core/app-error.ts";
import {
  containerHalfMade,
  containerNotFound,
  diskFull,
  imageNotFound,
  nameTaken,
  portTaken,
  runtimeFailed,
  stateWrong,
} from "./runtime-errors.ts";

/** What an engine said when it refused. podman gives the innermost error as `cause`; Docker and the command line give words. */
export interface Refusal {
  readonly cause: string;
  readonly message: string;
}

/** What was asked for. */
export interface Asked {
  /** `start web`. */
  readonly what: string;
  readonly container?: string;
  readonly image?: string;
}

type Make = (asked: Asked, refusal: Refusal) => AppError;

const container = (asked: Asked) => asked.container ?? asked.what;

/**
 * In this order. podman 4.3.1 answers 500 to nearly all of them, so the status says nothing; Docker's words are those of
 * moby 20 to 28.
 */
const KINDS: readonly (readonly [RegExp, Make])[] = [
  [
    /name is already in use|name "[^"]*" is already in use|name is in use|container already exists/i,
    (asked, refusal) => nameTakenBy(asked, refusal),
  ],
  [
    /container with (the )?given ID already exists|container [`"']?[0-9a-f]{12,64}[`"']? already exists/i,
    (asked, { message }) => containerHalfMade(container(asked), message),
  ],
  [/no such container|no container with (name|id)/i, (asked) => containerNotFound(container(asked))],
  [/image not known|no such image/i, (asked) => imageNotFound(asked.image ?? asked.what)],
  [
    /address already in use|port is already allocated|ports are not available/i,
    (asked, { message }) => portTaken(container(asked), message, message),
  ],
  [/no space left on device|disk quota exceeded/i, (_, { message }) => diskFull(message, message)],
  [
    /container state improper|is not running|is paused|image is in use|with more than one tag|in multiple repositories|using its referenced image|is being used by/i,
    (asked, { message }) => stateWrong(container(asked), message, message),
  ],
];

/** An engine's refusal as an error of this port. */
export function errorOfRefusal(asked: Asked, refusal: Refusal): AppError {
  const words = refusal.cause === "" ? refusal.message : refusal.cause;
  const kind = KINDS.find(([pattern]) => pattern.test(words)) ?? KINDS.find(([pattern]) => pattern.test(refusal.message));
  return kind === undefined ? runtimeFailed(asked.what, refusal.message) : kind[1](asked, refusal);
}

/** Storage that holds a name names the holder, also where no list shows it (podman#7800). */
function nameTakenBy(asked: Asked, { message }: Refusal): AppError {
  const holder = /in use by(?: container)? "?([0-9a-f]{12,64})/.exec(message)?.[1];
  return nameTaken(container(asked), { ...(holder === undefined ? {} : { holder: `container ${holder}` }), cause: message });
}
