import type { LinePosition, LogPosition, TimePosition } from "./log-position.ts";
import type { HoleRow } from "./log-row.ts";
import type { LogSource } from "./log-source.ts";
import type { RowOrder } from "./row-order.ts";

/** The lines behind a view: a whole log, or only its matches. */
export interface ViewedFeed {
  readonly order: RowOrder;
  readonly sources: readonly LogSource[];
  readonly isReady: boolean;
  /** Where the view must go. Each object is one request. */
  readonly position: LogPosition;
  readonly failedAt: LogPosition | undefined;
  readonly isFailing: boolean;
  readonly isFollowing: boolean;
  readonly isLive: boolean;
  /** Printed since the view left the end. */
  readonly newLines: number;
  /** A page is on its way. */
  readonly isLoading: boolean;
  /** Another page fits without dropping rows, now or with the next live lines. */
  readonly hasRoom: boolean;
  readonly hasEarlier: boolean;
  readonly hasLater: boolean;
  setFollowing(isFollowing: boolean): void;
  load(end: "start" | "end"): Promise<void>;
  open(position: LogPosition): Promise<void>;
  goTo(position: LinePosition | TimePosition): Promise<void>;
  goToStart(): Promise<void>;
  goToEnd(): Promise<void>;
  isMissing(hole: HoleRow): boolean;
}
