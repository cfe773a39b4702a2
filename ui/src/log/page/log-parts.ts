/** Parts of a log's page that have a script of their own, loaded when they are first shown. */
export async function loadJobBoard() {
  const { JobBoard } = await import("../../board/job-board.tsx");
  return JobBoard;
}

export async function loadPageBars() {
  const { PageBars } = await import("../find/page-bars.tsx");
  return PageBars;
}

export async function loadSelectionBar() {
  const { SelectionBar } = await import("./selection-bar.tsx");
  return SelectionBar;
}
