/** Thrown when an administrator names an execution, or a job, without its owner and several users have one. */
export class SeveralOwnersError extends Error {
  readonly code = "ML_SEVERAL_OWNERS";
  readonly owners: readonly string[];

  /** @param what What was named: `execution X`, `job J`. */
  constructor(what: string, owners: readonly string[]) {
    super(`Cannot tell which ${what} is meant: ${owners.length} users have one, name its owner`);
    this.owners = owners;
  }
}
