/** Which processes this machine has. */
export interface ProcessTable {
  /**
   * Reads which processes there are now, maybe dead ones that nobody has collected, and answers for any id whether it is among
   * them: a microsecond for each process of the machine, and little for each question.
   */
  existing(): (pid: number) => boolean;
  /** Whether it lives. Tens of microseconds. */
  isAlive(pid: number): boolean;
}
