/** Whether this machine has a process of this id. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // It is there, and is somebody else's.
    return (thrown as { code?: string }).code === "EPERM";
  }
}
