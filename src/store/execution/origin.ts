import type { End } from "../../wire/end.ts";

/** What is known from BEGIN, and of nobody else's word but the kernel's and the certificate's: owner and node. */
export interface Origin {
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
}

export interface EndSeen {
  readonly lastN: number;
  readonly end: End;
  readonly receivedAtMs: number;
}
