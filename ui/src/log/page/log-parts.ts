/** Parts of a log's page with separate scripts, loaded when they are first shown. */
export async function loadJobBoard() {
  const { JobBoard } = await import("../../board/job-board.tsx");
  return JobBoard;
}

export async function loadExecutionHeader() {
  const { ExecutionHeader } = await import("./execution-header.tsx");
  return ExecutionHeader;
}

export async function loadJobHeader() {
  const { JobHeader } = await import("./job-header.tsx");
  return JobHeader;
}

export async function loadTimeStrip() {
  const { TimeStrip } = await import("../times/time-strip.tsx");
  return TimeStrip;
}

export async function loadPageBars() {
  const { PageBars } = await import("../find/page-bars.tsx");
  return PageBars;
}

export async function loadRowInside() {
  const { RowInside } = await import("./row-inside.tsx");
  return RowInside;
}

export async function loadLogEmpty() {
  const { LogEmpty } = await import("./log-empty.tsx");
  return LogEmpty;
}

export async function loadKeyHelp() {
  const { LogKeyHelp } = await import("./log-key-help.tsx");
  return LogKeyHelp;
}

export async function loadSelectionBar() {
  const { SelectionBar } = await import("./selection-bar.tsx");
  return SelectionBar;
}

export async function loadExecutionDetails() {
  const { ExecutionDetails } = await import("./execution-details.tsx");
  return ExecutionDetails;
}
