import { resolve } from "node:path";
import { errorLines } from "../cli/error-lines.ts";
import { toAppError } from "../core/app-error.ts";
import type { LiveSettings } from "../gateway/gateway.ts";
import { type Config, isOtherThanFile, rereadConfig } from "./config-file.ts";
import { planReload } from "./plan-reload.ts";
import { onRereadSignal } from "./reread-signal.ts";
import { watchFile } from "./watch-file.ts";

export interface FollowConfigOptions {
  /** Undefined: there is no file, and nothing is followed. */
  readonly path: string | undefined;
  /** What the process was started with. */
  readonly config: Config;
  /** Takes lines for people. */
  readonly say: (text: string) => void;
}

/** What takes the settings of a file that was read again. */
export interface Reconfigured {
  reconfigure(settings: LiveSettings): void;
}

/** The configuration file of a process that runs. */
export interface FollowedConfig {
  /** What holds now. */
  readonly current: Config;
  /** From here on this takes the settings, those that have changed since the start first. */
  tell(gateway: Reconfigured): void;
  /** Reads it no more. */
  close(): void;
}

/**
 * Follows the configuration file: it is read again when it has changed, and on SIGHUP. One that cannot be read or is
 * invalid changes nothing; that is said, and so is what takes a restart.
 */
export function followConfig(options: FollowConfigOptions): FollowedConfig {
  const { path, config, say } = options;
  const unchanging = { current: config, tell: () => {}, close: () => {} };
  if (path === undefined) return unchanging;
  if (isOtherThanFile(path)) {
    say(`warning: ${path} is no file: it is read at the start alone\n`);
    return unchanging;
  }
  return new Followed({ ...options, path: resolve(path) });
}

class Followed implements FollowedConfig {
  readonly #options: FollowConfigOptions & { readonly path: string };
  #current: Config;
  #gateway: Reconfigured | undefined;
  #unwatch: (() => void) | undefined;
  /** The last warning or error, which is not said again until there is another one. */
  #said = "";

  constructor(options: FollowConfigOptions & { readonly path: string }) {
    this.#options = options;
    this.#current = options.config;
    onRereadSignal(() => this.#read({ asked: true }));
  }

  get current(): Config {
    return this.#current;
  }

  tell(gateway: Reconfigured): void {
    this.#gateway = gateway;
    this.#unwatch ??= watchFile({ path: this.#options.path, onChange: () => this.#read({ asked: false }) });
    this.#read({ asked: false });
  }

  /** SIGHUP is still taken, and does nothing: it must not end a process that finishes its calls. */
  close(): void {
    this.#unwatch?.();
    this.#gateway = undefined;
  }

  /** Until there is a gateway, it will be read in any case. */
  #read({ asked }: { readonly asked: boolean }): void {
    if (this.#gateway === undefined) return;
    const { path } = this.#options;
    if (asked) this.#said = "";
    try {
      const { config, apply, applied, needsRestart } = planReload(this.#current, rereadConfig(path));
      if (apply !== undefined) this.#gateway.reconfigure(apply);
      this.#current = config;
      if (applied.length > 0) this.#options.say(`… ${path} was read again; from now on holds what it says of ${applied.join(", ")}\n`);
      else if (asked) this.#options.say(`… ${path} was read again; nothing has changed that holds at once\n`);
      const later = needsRestart.join(", ");
      this.#sayOnce(later === "" ? "" : `warning: ${path}: what it says of ${later} takes a restart, and does not hold yet\n`);
    } catch (thrown) {
      const { message, hint } = toAppError(thrown);
      this.#sayOnce(errorLines(`${message}; the settings stay as they are`, hint));
    }
  }

  #sayOnce(text: string): void {
    if (text !== "" && text !== this.#said) this.#options.say(text);
    this.#said = text;
  }
}
