import { useEffect, useMemo, useState } from "preact/hooks";
import type { LogFeed } from "../feed/log-feed.ts";
import type { RowFold } from "./row-fold.ts";

interface RowFoldOptions {
  readonly feed: LogFeed | undefined;
  /** What names an execution beside its lines: another name folds other lines. */
  readonly gutter: string | undefined;
  readonly isWanted: boolean;
}

/** The fold of a job's rows; its script is loaded when it is first wanted. Without it, rows stand one by one. */
export function useRowFold({ feed, gutter, isWanted }: RowFoldOptions): RowFold | undefined {
  const [make, setMake] = useState<(() => RowFold) | undefined>(undefined);
  useEffect(() => {
    if (!isWanted || make !== undefined) return;
    void import("./row-fold.ts").then(
      ({ RowFold }) => setMake(() => () => new RowFold()),
      () => undefined,
    );
  }, [isWanted, make]);
  return useMemo(() => make?.(), [make, feed, gutter]);
}
