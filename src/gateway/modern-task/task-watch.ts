import { toAppError } from "../../core/app-error.ts";
import { lookAt, type TaskRequestDeps } from "./task-requests.ts";

/** What another process carries out is looked at so often, in ms. */
const LOOK_EVERY_MS = 2000;

export interface TaskWatchOptions {
  readonly principalId: string;
  /** Told of each task as it is now, in the extension's words, and whenever that is another than before. */
  readonly onTask: (text: string) => void;
}

/** Tells of a principal's tasks until each has ended. */
export class TaskWatch {
  readonly #deps: TaskRequestDeps;
  readonly #options: TaskWatchOptions;
  /** What was told last, by id. */
  readonly #told = new Map<string, string>();
  #stop: (() => void) | undefined;
  #isOver = false;

  constructor(deps: TaskRequestDeps, options: TaskWatchOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Those of the ids that are this principal's tasks are told of from now on. */
  async start(ids: readonly string[]): Promise<string[]> {
    const { principalId } = this.#options;
    const known = await Promise.all(ids.map(async (id) => ((await lookAt(this.#deps, principalId, id)) === undefined ? [] : [id])));
    for (const id of known.flat()) this.#told.set(id, "");
    return known.flat();
  }

  /** Begins to tell. */
  open(): void {
    if (this.#told.size === 0 || this.#isOver) return;
    const unlisten = this.#deps.tasks.live.listen((id) => void this.#look(id));
    const timer = setInterval(() => this.#lookAtAll(), LOOK_EVERY_MS);
    timer.unref();
    this.#stop = () => {
      unlisten();
      clearInterval(timer);
    };
    this.#lookAtAll();
  }

  close(): void {
    this.#isOver = true;
    this.#stop?.();
  }

  #lookAtAll(): void {
    for (const id of [...this.#told.keys()]) void this.#look(id);
  }

  async #look(id: string): Promise<void> {
    if (!this.#told.has(id)) return;
    try {
      const known = await lookAt(this.#deps, this.#options.principalId, id);
      // Two looks at once may come back in the other order: what has ended is never told to run.
      if (known === undefined || this.#isOver || !this.#told.has(id) || this.#told.get(id) === known.text) return;
      this.#told.set(id, known.text);
      if (known.ended) this.#told.delete(id);
      this.#options.onTask(known.text);
    } catch (thrown) {
      this.#deps.tasks.onFailure(toAppError(thrown));
    }
  }
}
