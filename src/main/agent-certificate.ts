import type { Logger } from "pino";
import { type CertificateFiles, type LoadedCertificate, loadCertificate } from "../agent/certificate/certificate-files.ts";
import { type AlarmDays, decideExpiryAlarm, expirySentence } from "../agent/certificate/expiry-alarm.ts";
import { toAppError } from "../core/app-error.ts";
import type { Clock } from "../core/clock.ts";
import { watchFile } from "./watch-file.ts";

export interface AgentCertificateOptions {
  readonly files: CertificateFiles;
  readonly clock: Clock;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** Takes a certificate that has changed. */
  readonly onChange: (certificate: LoadedCertificate) => void;
}

const LOOK_MS = 3_600_000;

/** The certificate of an agent that runs: it is read again when its files change, and its end is said 30, 7 and 1 days before. */
export class AgentCertificate {
  readonly #options: AgentCertificateOptions;
  readonly #unwatch: readonly (() => void)[];
  readonly #looking: ReturnType<typeof setInterval>;
  #current: LoadedCertificate;
  #said: AlarmDays | undefined;

  /** Throws as `loadCertificate`. */
  constructor(options: AgentCertificateOptions) {
    this.#options = options;
    this.#current = loadCertificate(options.files);
    this.#look();
    const { cert, key, clientCa } = options.files;
    this.#unwatch = [cert, key, ...(clientCa === undefined ? [] : [clientCa])].map((path) =>
      watchFile({ path, onChange: () => this.reread() }),
    );
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
    this.#looking.unref();
  }

  get current(): LoadedCertificate {
    return this.#current;
  }

  /** Where the files are of no use, as halfway through a renewal, the one that holds stays. */
  reread(): void {
    const { files, log, onChange } = this.#options;
    try {
      const found = loadCertificate(files);
      if (found.cert === this.#current.cert && found.key === this.#current.key && found.clientCa === this.#current.clientCa) return;
      onChange(found);
      this.#current = found;
      this.#said = undefined;
      log.info({ fingerprint: found.fingerprint, expiresAt: found.expiresAt }, "another certificate is shown from now on");
      this.#look();
    } catch (thrown) {
      log.error({ err: thrown }, `the certificate stays as it is: ${toAppError(thrown).message}`);
    }
  }

  /** One sentence while its end is near. */
  problems(): readonly string[] {
    const days = decideExpiryAlarm(this.#current.expiresAt, this.#options.clock.now(), undefined);
    return days === undefined ? [] : [expirySentence(this.#current.expiresAt, days)];
  }

  close(): void {
    clearInterval(this.#looking);
    for (const unwatch of this.#unwatch) unwatch();
  }

  #look(): void {
    const { expiresAt } = this.#current;
    const alarm = decideExpiryAlarm(expiresAt, this.#options.clock.now(), this.#said);
    if (alarm === undefined) return;
    this.#said = alarm;
    this.#options.log[alarm === 30 ? "warn" : "error"]({ expiresAt }, expirySentence(expiresAt, alarm));
  }
}
