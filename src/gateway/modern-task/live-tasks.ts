/** A task that is carried out here. */
export interface LiveTask {
  readonly id: string;
  readonly principalId: string;
}

/** The calls that this process carries out as tasks of modern clients. As many as there are calls: those are bounded. */
export class LiveTasks<Task extends LiveTask> {
  readonly #tasks = new Map<string, Task>();
  readonly #listeners = new Set<(taskId: string) => void>();

  /** The one of this id, where it is this principal's. */
  find(id: string, principalId: string): Task | undefined {
    const task = this.#tasks.get(id);
    return task?.principalId === principalId ? task : undefined;
  }

  add(task: Task): void {
    this.#tasks.set(task.id, task);
  }

  remove({ id }: Task): void {
    this.#tasks.delete(id);
    this.changed(id);
  }

  /** Something about the task is another than before. */
  changed(id: string): void {
    for (const listener of [...this.#listeners]) listener(id);
  }

  /** Gives what ends it. */
  listen(listener: (taskId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

const SELF_LENGTH = 8;
const OWN_ID = /^tsk_[0-9A-Za-z]{22}[0-9A-Za-z]{8}$/;

/** The id of a task that a process carries out: its own id stands at the end. */
export function idWithHolder(id: string, self: string): string {
  return id + self;
}

/** The process that carries a task out, or has; undefined where a worker does. */
export function holderOfTask(id: string): string | undefined {
  return OWN_ID.test(id) ? id.slice(-SELF_LENGTH) : undefined;
}
