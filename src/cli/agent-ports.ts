import type { CliOutput } from "./ports.ts";

/** A finding of the doctor, with its cure. */
export interface DoctorLine {
  readonly check: string;
  readonly level: "ok" | "warning" | "error";
  readonly message: string;
  /** Empty where nothing is to be done. */
  readonly cure: string;
}

export interface CertOptions {
  /** Where the two files go; nothing is replaced. */
  readonly cert: string;
  readonly key: string;
  /** DNS names and addresses that it is good for. */
  readonly hosts: readonly string[];
  readonly days: number;
}

/** What `mcp-agent` needs; main/ joins it with the area. Paths are those of the configuration file. */
export interface AgentProgramDeps extends CliOutput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs until it is told to stop; resolves with the exit code. Throws AppError where it cannot start. */
  server(config: string): Promise<number>;
  snapshot(config: string): Promise<{ readonly path: string; readonly size: number }>;
  /** `aside` is where the registry went that was there before. */
  restore(config: string, snapshot: string): Promise<{ readonly registry: string; readonly aside: string | undefined }>;
  doctor(config: string): Promise<readonly DoctorLine[]>;
  /** The node's name. Throws where the file is not valid. */
  validateConfig(config: string): Promise<{ readonly nodeName: string }>;
  /** The fingerprint, `sha256:…`, and when it ends. */
  makeCertificate(options: CertOptions): Promise<{ readonly fingerprint: string; readonly expiresAt: Date }>;
  /** Writes the contract's descriptor to the file, or to standard output where it is undefined. */
  writeDescriptor(file: string | undefined): Promise<void>;
}
