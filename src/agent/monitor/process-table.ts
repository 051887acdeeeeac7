/** Which processes this machine has. */
export interface ProcessTable {
  /** Whether there is a process of this id, maybe a dead one that nobody has collected. A microsecond, so that a thousand can be asked each second. */
  exists(pid: number): boolean;
  /** Whether it lives. Tens of microseconds. */
  isAlive(pid: number): boolean;
}
