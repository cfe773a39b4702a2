import type { JSX } from "preact";
import { Link } from "../../link.tsx";
import type { Navigation } from "../../navigation.ts";
import { LIST } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";

interface LogEmptyProps {
  readonly feed: LogFeed | undefined;
  readonly navigation: Navigation;
  readonly onRetry: () => void;
}

/** Stands in for a log that has no lines yet. */
export function LogEmpty({ feed, navigation, onRetry }: LogEmptyProps): JSX.Element {
  const { place } = navigation;
  if (typeof feed?.phase === "object" && place.view !== "list") {
    return (
      <main class="page centred">
        <h1>Whose {place.view} is meant?</h1>
        <p class="quiet">Several users have one of this name.</p>
        {feed.phase.owners.map((owner) => (
          <Link key={owner} navigation={navigation} to={{ ...place, owner }}>
            {owner}
          </Link>
        ))}
      </main>
    );
  }
  if (feed?.phase === "absent") {
    return (
      <main class="page centred">
        <h1>There is no such execution</h1>
        <p class="quiet">It may belong to somebody else, or its logs are no longer kept.</p>
        <Link class="primary" navigation={navigation} to={LIST}>
          All executions
        </Link>
      </main>
    );
  }
  if (feed?.phase === "failed") {
    return (
      <main class="page centred">
        <h1>The lines could not be loaded</h1>
        <button type="button" class="primary" onClick={onRetry}>
          Try again
        </button>
      </main>
    );
  }
  return <main class="log-page" aria-busy="true" />;
}
