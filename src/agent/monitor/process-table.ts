/** Which processes this machine has. */
export interface ProcessTable {
  /** Whether there is a process of this id, maybe a dead one that nobody has collected. Some microseconds. */
  exists(pid: number): boolean;
  /** The same for many ids, asked now: a microsecond for each process of the machine, and little for each that is asked about. */
  existing(): (pid: number) => boolean;
  /** Whether it lives. Tens of microseconds. */
  isAlive(pid: number): boolean;
}
