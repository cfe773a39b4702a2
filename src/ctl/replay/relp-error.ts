/** Why a session failed: a caller waits and tries again, or tells somebody to mend a certificate. */
export class RelpError extends Error {
  readonly code = "ML_RELP";
  /**
   * `away`: nobody there, or the connection broke. `silent`: nobody answers on it. `untrusted`: the other side's
   * certificate is not the collector's. `unwelcome`: the session ended before it was opened, as it does for a
   * certificate that the collector refuses. `refused`: a negative answer.
   */
  readonly fault: "away" | "silent" | "untrusted" | "unwelcome" | "refused";

  constructor(fault: RelpError["fault"], message: string, cause?: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}
