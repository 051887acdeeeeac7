import { type Alert, type AlertCommand, alertVariables } from "./alert.ts";
import { WATCH_LIMITS } from "./monitor-settings.ts";

export interface AlertSenderOptions {
  /** Undefined: there is nobody to tell. */
  readonly command: AlertCommand | undefined;
  readonly onFailure: (alert: Alert, reason: string) => void;
}

/** Runs the alert command for one alert after the other. Whoever sends does not wait, and a queue that is full loses its oldest. */
export class AlertSender {
  readonly #options: AlertSenderOptions;
  readonly #stopping = new AbortController();
  readonly #waiting: Alert[] = [];
  #sending: Promise<void> | undefined;

  constructor(options: AlertSenderOptions) {
    this.#options = options;
  }

  send(alert: Alert): void {
    if (this.#options.command === undefined || this.#stopping.signal.aborted) return;
    this.#waiting.push(alert);
    if (this.#waiting.length > WATCH_LIMITS.alertsWaiting) {
      const lost = this.#waiting.shift();
      if (lost !== undefined) this.#options.onFailure(lost, "too many alerts wait for the command");
    }
    this.#sending ??= this.#run(this.#options.command).finally(() => {
      this.#sending = undefined;
    });
  }

  /** No command runs when it resolves; alerts that wait are given up. */
  async stop(): Promise<void> {
    this.#waiting.length = 0;
    this.#stopping.abort();
    await this.#sending;
  }

  async #run(command: AlertCommand): Promise<void> {
    for (let alert = this.#waiting.shift(); alert !== undefined; alert = this.#waiting.shift()) {
      const outcome = await command(alertVariables(alert), this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      if (!outcome.ok) this.#options.onFailure(alert, outcome.reason);
    }
  }
}
