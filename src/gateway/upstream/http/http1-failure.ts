/** A request that got no whole response. */
export class Http1Failure extends Error {
  override readonly name = "Http1Failure";
  /** Whether the request may have arrived: false means that asking again repeats nothing. */
  readonly sent: boolean;

  constructor(sent: boolean, reason: string, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause });
    this.sent = sent;
  }
}
