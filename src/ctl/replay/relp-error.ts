/** Why a session failed. The caller waits and retries, or asks for a certificate to be corrected. */
export class RelpError extends Error {
  readonly code = "ML_RELP";
  /**
   * `away`: the connection failed or broke. `silent`: no answer on it. `untrusted`: the other side's certificate is not
   * the collector's. `unwelcome`: the session ended before it was open, as after a certificate that the collector
   * refuses. `refused`: a negative answer.
   */
  readonly fault: "away" | "silent" | "untrusted" | "unwelcome" | "refused";

  constructor(fault: RelpError["fault"], message: string, cause?: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}
