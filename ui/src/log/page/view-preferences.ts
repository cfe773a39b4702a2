import { asRecord, parseJson } from "../../../../src/wire/record.ts";
import { TIME_MODES, type TimeMode } from "../../url-state.ts";

/** How this reader wants lines shown, where an address does not say it. */
interface ViewPreferences {
  readonly wrap?: boolean;
  readonly time?: TimeMode;
}

const KEY = "marcologger.view";

/** What was chosen last; nothing where the browser refuses storage. */
export function storedPreferences(): ViewPreferences {
  try {
    const { wrap, time } = asRecord(parseJson(localStorage.getItem(KEY) ?? "")) ?? {};
    const mode = TIME_MODES.find((each) => each === time);
    return { ...(typeof wrap === "boolean" ? { wrap } : {}), ...(mode === undefined ? {} : { time: mode }) };
  } catch {
    return {};
  }
}

export function keepPreferences(preferences: ViewPreferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Only the next visit misses it.
  }
}
