/** Parts of a log's page that have a script of their own, loaded when they are first shown. */
export async function loadJobBoard() {
  const { JobBoard } = await import("../../board/job-board.tsx");
  return JobBoard;
}

export async function loadTimeStrip() {
  const { TimeStrip } = await import("../times/time-strip.tsx");
  return TimeStrip;
}

export async function loadPageBars() {
  const { PageBars } = await import("../find/page-bars.tsx");
  return PageBars;
}

export async function loadRowStates() {
  const { RowStates } = await import("./row-states.tsx");
  return RowStates;
}

export async function loadKeyHelp() {
  const { KeyHelp } = await import("./key-help.tsx");
  return KeyHelp;
}

export async function loadSelectionBar() {
  const { SelectionBar } = await import("./selection-bar.tsx");
  return SelectionBar;
}
