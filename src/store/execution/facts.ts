import type { End } from "../../wire/end.ts";
import type { Launch } from "../../wire/launch.ts";

/** Facts from BEGIN, with the owner named by the kernel and the node by the certificate. */
export interface Facts extends Pick<Launch, "parent" | "within"> {
  readonly x: string;
  readonly node: string;
  readonly keyHash: string;
  readonly owner: string;
  readonly uid: number;
  readonly job: string;
  /** Undefined if an earlier version stored it. */
  readonly run?: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startedAt: string;
  readonly pid: number;
  /** The start claimed by BEGIN, if it lay in the future: then `startedAt` is its arrival. */
  readonly claimedStartedAt?: string;
  /** The user's name on the node, if the collector knows the uid by another. */
  readonly claimedUser?: string;
  /** How far the node's clock was behind the collector's when it began, milliseconds, if that was known. */
  readonly clockMs?: number;
  /** Members of BEGIN that were cut to their limits or left out. */
  readonly cut?: readonly string[];
}

export interface EndSeen {
  readonly lastN: number;
  readonly end: End;
  readonly receivedAtMs: number;
}
