import "../styles/account.css";
import type { JSX } from "preact";
import { useCallback, useMemo } from "preact/hooks";
import type { Me } from "../../../src/wire/api.ts";
import type { JsonClient } from "../api/json-client.ts";
import { localDate } from "../local-date.ts";
import { usePageTitle } from "../page-title.ts";
import { account as t } from "../texts/en/account.ts";
import { AccountClient } from "./account-client.ts";
import { browserName } from "./browser-name.ts";
import { LanguageChoice } from "./language-choice.tsx";
import { Tokens } from "./tokens.tsx";
import { UsageTables } from "./usage-tables.tsx";
import { useAnswer } from "./use-answer.ts";

export interface AccountPageProps {
  readonly api: JsonClient;
  readonly me: Me;
  /** Ends all sessions and tokens, including this one. */
  readonly onEndAll: () => void;
}

/** The user's sessions, tokens, and use of the collector's disk. */
export function AccountPage({ api, me, onEndAll }: AccountPageProps): JSX.Element {
  const client = useMemo(() => new AccountClient(api), [api]);
  usePageTitle(t.tab, undefined);
  return (
    <main class="page account-page">
      <h1>{me.user}</h1>
      <Sessions client={client} onEndAll={onEndAll} />
      <Tokens client={client} />
      <UsageTables client={client} user={me.user} />
      <LanguageChoice />
    </main>
  );
}

function Sessions({ client, onEndAll }: { readonly client: AccountClient; readonly onEndAll: () => void }) {
  const { value: sessions, problem, act } = useAnswer(useCallback(() => client.sessions(), [client]));
  return (
    <section class="card-section" aria-labelledby="sessions">
      <header>
        <h2 id="sessions">{t.sessions}</h2>
        <span class="spring" />
        <button type="button" class="stop" title={t.endAllTitle} onClick={onEndAll}>
          {t.endAll}
        </button>
      </header>
      <p role="alert" class="problem">
        {problem}
      </p>
      <ul>
        {sessions?.map(({ id, agent, address, isByCode, createdAt, usedAt, isThis }) => (
          <li key={id} class="session">
            <b title={agent}>{browserName(agent)}</b>
            {isThis ? <span class="tag">{t.thisBrowser}</span> : null}
            <span class="quiet">
              {address}
              {isByCode ? t.byLink : ""}
              {t.signedIn(localDate(Date.parse(createdAt)), localDate(Date.parse(usedAt)))}
            </span>
            <span class="spring" />
            {isThis ? null : (
              <button type="button" class="plain" onClick={() => act(client.endSession(id))}>
                {t.end}
                <span class="for-screen-readers">{t.endOf(browserName(agent))}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
