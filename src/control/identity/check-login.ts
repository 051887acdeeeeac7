import { usernameSchema } from "../../api/fields.ts";
import { AppError } from "../../core/app-error.ts";
import type { Account } from "./account.ts";
import type { AccountStore } from "./account-store.ts";
import { addressKey } from "./address-key.ts";
import type { LoginThrottle } from "./login-throttle.ts";
import type { PasswordCheck } from "./password-check.ts";

export interface CheckLoginDeps {
  readonly accounts: AccountStore;
  readonly passwords: PasswordCheck;
  readonly throttle: LoginThrottle;
}

export interface LoginAttempt {
  readonly username: string;
  readonly password: string;
  readonly address: string | undefined;
}

export type LoginVerdict =
  | { readonly accepted: true; readonly account: Account }
  /** `unauthenticated`/`LOGIN_REFUSED`, or `exhausted`/`LOGIN_THROTTLED` with when to come again. */
  | { readonly accepted: false; readonly refusal: AppError };

/**
 * Whether a user name and a password open an account that is not disabled.
 *
 * The refusal is the same, and takes as long, for a wrong password, an unknown user, a disabled one and one without a
 * password. Throws `exhausted`/`PASSWORD_CHECKS_BUSY`, which counts as no failure.
 */
export async function checkLogin(deps: CheckLoginDeps, attempt: LoginAttempt): Promise<LoginVerdict> {
  const admission = deps.throttle.admit(attempt.username, addressKey(attempt.address));
  if (!admission.admitted) return { accepted: false, refusal: throttled(admission.retryAfterSeconds) };
  try {
    // What is no user name is looked up nowhere: a database may take more for equal than we do.
    const isName = usernameSchema.safeParse(attempt.username).success;
    const account = isName ? await deps.accounts.byUsername(attempt.username) : undefined;
    const matches = await deps.passwords.matches(attempt.password, account?.passwordHash);
    if (account === undefined || !matches || account.disabled) return { accepted: false, refusal: loginRefused() };
    admission.succeeded();
    return { accepted: true, account };
  } catch (thrown) {
    admission.withdraw();
    throw thrown;
  }
}

export function throttled(retryAfterSeconds: number): AppError {
  return new AppError("exhausted", "LOGIN_THROTTLED", "Too many attempts to log in failed", {
    hint: `try again in ${retryAfterSeconds} s`,
    retryAfterSeconds,
  });
}

/** Constant, so that it says nothing of which users there are. */
export function loginRefused(): AppError {
  return new AppError("unauthenticated", "LOGIN_REFUSED", "wrong user name or password");
}
