import { linuxProcesses, processIds } from "../agent/monitor/process/linux-processes.ts";

/** The processes of this machine. */
export const ownProcesses = linuxProcesses((pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // It is there, and is somebody else's.
    return (thrown as { code?: string }).code === "EPERM";
  }
}, processIds);
