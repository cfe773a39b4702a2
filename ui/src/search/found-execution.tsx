import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Execution } from "../../../src/wire/api.ts";
import type { ApiClient } from "../api-client.ts";
import { placeWords } from "../board/board-order.ts";
import { Link } from "../link.tsx";
import { makeRow } from "../log/feed/make-row.ts";
import type { Match } from "../log/find/match.ts";
import { LineText } from "../log/view/line-text.tsx";
import type { Navigation } from "../navigation.ts";
import { placeOfExecution } from "../place-of.ts";
import type { Word } from "../text/text-matches.ts";
import { visibleText } from "../text/visible-control.ts";
import { frame } from "../texts/en/frame.ts";
import { search as t } from "../texts/en/search.ts";
import type { MatchGroup } from "./group-matches.ts";

interface FoundExecutionProps {
  readonly api: Pick<ApiClient, "execution">;
  readonly navigation: Navigation;
  readonly group: MatchGroup;
  readonly words: readonly Word[];
  readonly typed: string;
  readonly showOwner: boolean;
}

const MAX_LINES = 10;

/** An execution with its first matches; each leads to its line. */
export function FoundExecution(props: FoundExecutionProps): JSX.Element {
  const { api, navigation, group, words, typed, showOwner } = props;
  const { x, node, owner, matches } = group;
  const [execution, setExecution] = useState<Execution | undefined>(undefined);
  useEffect(() => {
    let isLeft = false;
    void api.execution({ x, node, owner }).then((answer) => {
      if (!isLeft && answer.ok) setExecution(answer.value);
    });
    return () => {
      isLeft = true;
    };
  }, [api, x, node, owner]);
  const place = placeOfExecution(group, showOwner);
  const shown = matches.slice(0, MAX_LINES);
  return (
    <section class="found" aria-label={t.matchesOn(node)}>
      <h2>
        <Link navigation={navigation} to={{ ...place, find: typed }}>
          {visibleText(execution?.command ?? x)}
        </Link>
        <span class="quiet">
          {placeWords({ node, rank: execution?.labels["rank"] })}
          {showOwner ? `, ${owner}` : ""}
          {execution === undefined ? "" : `, ${frame.states[execution.state]}, ${visibleText(execution.job)}`}
        </span>
      </h2>
      <ul>
        {shown.map((match) => (
          <li key={match.n}>
            <Link class="n" navigation={navigation} to={{ ...place, line: match.n, find: typed }}>
              {match.n}
            </Link>
            <FoundText match={match} words={words} />
          </li>
        ))}
      </ul>
      {matches.length > shown.length ? (
        <Link navigation={navigation} to={{ ...place, q: typed }}>
          {t.more(matches.length - shown.length)}
        </Link>
      ) : null}
    </section>
  );
}

function FoundText({ match, words }: { match: Match; words: readonly Word[] }): JSX.Element {
  const row = makeRow({ ...match, fragment: false }, 0);
  return <LineText row={row} words={words} found={match.found} isWhole onOpen={() => undefined} />;
}
