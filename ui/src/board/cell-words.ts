import type { BoardCell } from "../../../src/wire/board.ts";
import { formatDuration } from "../format.ts";
import { board } from "../texts/en/board.ts";
import { frame } from "../texts/en/frame.ts";

/** How a command ended: "exit 1", "SIGKILL", or nothing. */
export function endingWords({ code, signal }: Pick<BoardCell, "code" | "signal">): string {
  if (signal !== undefined) return signal;
  return code === undefined ? "" : frame.exit(code);
}

/** "running, silent 42 s", "failed, exit 1". */
export function stateWords({ state, isSilent, quietMs, code, signal }: BoardCell): string {
  const words = frame.states[state];
  const ending =
    state === "failed"
      ? endingWords({ ...(code === undefined ? {} : { code }), ...(signal === undefined ? {} : { signal }) })
      : "";
  if (ending !== "") return `${words}, ${ending}`;
  return isSilent === true && quietMs !== undefined ? board.silentFor(words, formatDuration(quietMs)) : words;
}
