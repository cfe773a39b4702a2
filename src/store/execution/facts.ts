import type { End } from "../../wire/end.ts";

/** Facts from BEGIN, with the owner named by the kernel and the node by the certificate. */
export interface Facts {
  readonly x: string;
  readonly node: string;
  readonly keyHash: string;
  readonly owner: string;
  readonly uid: number;
  readonly job: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startedAt: string;
  readonly pid: number;
  /** The start claimed by BEGIN, if it lay in the future: then `startedAt` is its arrival. */
  readonly claimedStartedAt?: string;
  /** Members of BEGIN that were cut to their limits. */
  readonly cut?: readonly string[];
}

export interface EndSeen {
  readonly lastN: number;
  readonly end: End;
  readonly receivedAtMs: number;
}
