/** What is told of one component and one kind of trouble. Times are monotonic. */
export interface AlertState {
  /** When it was told last; undefined: never. */
  readonly sentAt: number | undefined;
  /** Whether somebody was told of it who was not told yet that it is over. */
  readonly isTold: boolean;
}

export const SILENT: AlertState = { sentAt: undefined, isTold: false };

/**
 * Whether an alert goes out now: `firing` when there is trouble and nobody was told of it within the cool-down, `resolved`
 * when it is over and somebody was told of it. Trouble that comes again within the cool-down is told when that is over, if it is still there.
 */
export function decideAlert(
  state: AlertState,
  isTrouble: boolean,
  now: number,
  cooldownMs: number,
): { readonly state: AlertState; readonly send: "firing" | "resolved" | undefined } {
  if (!isTrouble) return { state: { ...state, isTold: false }, send: state.isTold ? "resolved" : undefined };
  const isCool = state.sentAt === undefined || now - state.sentAt >= cooldownMs;
  return isCool ? { state: { sentAt: now, isTold: true }, send: "firing" } : { state, send: undefined };
}
