import type { End } from "../../wire/end.ts";

/** Facts from BEGIN; owner and node are the word of the kernel and of the certificate. */
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
  /** The start that BEGIN claimed, where that lay in the future: `startedAt` is its arrival then. */
  readonly claimedStartedAt?: string;
  /** Members of BEGIN that were cut to their limits. */
  readonly cut?: readonly string[];
}

export interface EndSeen {
  readonly lastN: number;
  readonly end: End;
  readonly receivedAtMs: number;
}
