/** An administrator named an execution without its owner, and each of these users has one of that name. */
export class SeveralOwnersError extends Error {
  readonly code = "ML_SEVERAL_OWNERS";
  readonly owners: readonly string[];

  constructor(x: string, owners: readonly string[]) {
    super(`Cannot tell which execution ${x} is meant: ${owners.length} users have one, name its owner`);
    this.owners = owners;
  }
}
