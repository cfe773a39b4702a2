import { useCallback, useState } from "preact/hooks";
import type { Navigation } from "../../navigation.ts";
import type { ExecutionPlace, JobPlace, LogPlace, TimeMode } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import { gutterOf, keepPreferences, storedPreferences, type ViewPreferences } from "./view-preferences.ts";

interface ViewChoicesOptions {
  readonly navigation: Navigation;
  readonly place: ExecutionPlace | JobPlace;
  readonly feed: LogFeed | undefined;
  readonly isNarrow: boolean;
}

/** How lines are shown: by the address, else by the last choice, else by the screen's size. */
interface ViewChoices {
  readonly wrap: boolean;
  readonly time: TimeMode;
  /** The label beside the lines; undefined: the node. */
  readonly gutter: string | undefined;
  readonly adjust: (changes: Partial<LogPlace>) => void;
  readonly onGutter: (label: string | undefined) => void;
}

export function useViewChoices({ navigation, place, feed, isNarrow }: ViewChoicesOptions): ViewChoices {
  const [preferred, setPreferred] = useState(storedPreferences);
  const prefer = useCallback((changes: ViewPreferences): void => {
    const chosen = { ...storedPreferences(), ...changes };
    keepPreferences(chosen);
    setPreferred(chosen);
  }, []);
  const adjust = useCallback(
    (changes: Partial<LogPlace>): void => {
      const { place: now } = navigation;
      if (changes.wrap !== undefined) prefer({ wrap: changes.wrap });
      if (changes.time !== undefined) prefer({ time: changes.time });
      if (now.view !== "list") navigation.adjust({ ...now, ...changes });
    },
    [navigation, prefer],
  );
  const onGutter = useCallback(
    (label: string | undefined): void => {
      const { place: now } = navigation;
      prefer({ gutter: label });
      if (now.view === "job") navigation.adjust({ ...now, gutter: label });
    },
    [navigation, prefer],
  );
  return {
    wrap: place.wrap ?? preferred.wrap ?? isNarrow,
    time: place.time ?? preferred.time ?? (isNarrow ? "off" : "local"),
    gutter: gutterOf(place, preferred, feed?.sources.map(({ execution }) => execution) ?? []),
    adjust,
    onGutter,
  };
}
