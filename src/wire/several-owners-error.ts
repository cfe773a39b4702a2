/** Thrown when an administrator names an execution without its owner and several users have one with this id. */
export class SeveralOwnersError extends Error {
  readonly code = "ML_SEVERAL_OWNERS";
  readonly owners: readonly string[];

  constructor(x: string, owners: readonly string[]) {
    super(`Cannot tell which execution ${x} is meant: ${owners.length} users have one, name its owner`);
    this.owners = owners;
  }
}
