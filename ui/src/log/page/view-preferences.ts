import type { Execution } from "../../../../src/wire/api.ts";
import { asRecord, parseJson } from "../../../../src/wire/record.ts";
import { type ExecutionPlace, type JobPlace, TIME_MODES, type TimeMode } from "../../url-state.ts";

/** How this reader wants lines shown, unless the address decides. */
export interface ViewPreferences {
  readonly wrap?: boolean;
  readonly time?: TimeMode;
  /** The label beside the lines of a job; undefined: the node. */
  readonly gutter?: string | undefined;
}

const KEY = "marcologger.view";

/** The last choices; empty if the browser refuses storage. */
export function storedPreferences(): ViewPreferences {
  try {
    const { wrap, time, gutter } = asRecord(parseJson(localStorage.getItem(KEY) ?? "")) ?? {};
    const mode = TIME_MODES.find((each) => each === time);
    return {
      ...(typeof wrap === "boolean" ? { wrap } : {}),
      ...(mode === undefined ? {} : { time: mode }),
      ...(typeof gutter === "string" ? { gutter } : {}),
    };
  } catch {
    return {};
  }
}

/** The label beside the lines of a job: the address's, else the last choice if executions have that label. */
export function gutterOf(
  place: ExecutionPlace | JobPlace,
  preferred: ViewPreferences,
  executions: readonly Pick<Execution, "labels">[],
): string | undefined {
  if (place.view !== "job") return undefined;
  const { gutter } = preferred;
  const isHere = gutter !== undefined && executions.some(({ labels }) => Object.hasOwn(labels, gutter));
  return place.gutter ?? (isHere ? gutter : undefined);
}

export function keepPreferences(preferences: ViewPreferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Only the next visit lacks it.
  }
}
