import { useEffect } from "preact/hooks";
import type { ExecutionState } from "../../src/wire/api.ts";
import type { RunSummary } from "../../src/wire/runs.ts";
import { visibleText } from "./text/visible-control.ts";
import { frame } from "./texts/en/frame.ts";

const NAME = "marcologger";
const MARKS: Readonly<Record<ExecutionState, string>> = { running: "▶", finished: "✓", failed: "✕", lost: "?" };

/** A state as one character. */
export function markOf(state: ExecutionState): string {
  return MARKS[state];
}

/** The tab's title and icon: the state first, since tabs are narrow. Undefined: neither good nor bad. */
export function usePageTitle(title: string, state: ExecutionState | undefined): void {
  useEffect(() => {
    document.title = visibleText(`${state === undefined ? "" : `${MARKS[state]} `}${title} · ${NAME}`);
    setIcon(state);
    return () => {
      document.title = NAME;
      setIcon(undefined);
    };
  }, [title, state]);
}

/** "2 running" of the newest runs, and their common state. */
export function useListTitle(runs: readonly RunSummary[]): void {
  const running = runs.filter((run) => run.running > 0);
  const title = running.length === 0 ? frame.executionsTitle : frame.runningTitle(running.length);
  const isBad = running.some(({ failed, lost }) => failed + lost > 0);
  usePageTitle(title, running.length === 0 ? undefined : isBad ? "failed" : "running");
}

function setIcon(state: ExecutionState | undefined): void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (icon !== null) icon.href = state === undefined ? "icon.svg" : `icon-${state}.svg`;
}
