export const X = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
export const TIME = "2026-11-20T04:17:44.960662Z";

const NONE = { stdout: 0, stderr: 0 };

/** What mlrun says at the end of a command. */
export const END = {
  code: 0,
  signal: null,
  endedAt: TIME,
  lines: NONE,
  printed: NONE,
  thinned: NONE,
  dropped: NONE,
  cutShort: false,
};
