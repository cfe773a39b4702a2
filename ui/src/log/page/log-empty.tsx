import type { JSX } from "preact";
import { Link } from "../../link.tsx";
import type { Navigation } from "../../navigation.ts";
import { frame } from "../../texts/en/frame.ts";
import { inside as t } from "../../texts/en/inside.ts";
import { LIST } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";

export interface LogEmptyProps {
  readonly feed: LogFeed;
  readonly navigation: Navigation;
  readonly onRetry: () => void;
}

/** Shown instead of a log that cannot be shown. */
export function LogEmpty({ feed, navigation, onRetry }: LogEmptyProps): JSX.Element {
  const { place } = navigation;
  if (typeof feed.phase === "object" && place.view !== "list") {
    return (
      <main class="page centred">
        <h1>{t.whose[place.view]}</h1>
        <p class="quiet">{t.several}</p>
        {feed.phase.owners.map((owner) => (
          <Link key={owner} navigation={navigation} to={{ ...place, owner }}>
            {owner}
          </Link>
        ))}
      </main>
    );
  }
  if (feed.phase === "absent") {
    return (
      <main class="page centred">
        <h1>{t.absent}</h1>
        <p class="quiet">{t.absentWhy}</p>
        <Link class="primary" navigation={navigation} to={LIST}>
          {t.allExecutions}
        </Link>
      </main>
    );
  }
  return (
    <main class="page centred">
      <h1>{t.notLoaded}</h1>
      <button type="button" class="primary" onClick={onRetry}>
        {frame.tryAgain}
      </button>
    </main>
  );
}
