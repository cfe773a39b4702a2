import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { AccountPageProps } from "./account/account-page.tsx";
import type { ApiClient } from "./api-client.ts";
import type { RunBoard } from "./board/run-board.ts";
import { ConnectionNotice } from "./connection-notice.tsx";
import { Lazy, loadSoon } from "./lazy.tsx";
import type { ListViewProps } from "./list/list-view.tsx";
import type { LiveClient } from "./live-client.ts";
import type { LogPageProps } from "./log/page/log-page-props.ts";
import type { LoginPageProps } from "./login-page.tsx";
import type { Navigation } from "./navigation.ts";
import type { NodesPageProps } from "./nodes/nodes-page.tsx";
import { RunButton } from "./run/run-button.tsx";
import type { SearchPageProps } from "./search/search-page.tsx";
import type { Session } from "./session.ts";
import { SignOutNotice } from "./sign-out-notice.tsx";
import { frame } from "./texts/en/frame.ts";
import { TopBar } from "./top-bar.tsx";
import type { ExecutionPlace, JobPlace, Place } from "./url-state.ts";

interface AppProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly navigation: Navigation;
  readonly session: Session;
  readonly runBoard: RunBoard;
}

/** The frame: signed out or in, and which page. */
export function App({ api, live, navigation, session, runBoard }: AppProps): JSX.Element {
  const [, redraw] = useState(0);
  // A layout effect: a passive one may run after the first answer.
  useLayoutEffect(() => session.onChange(() => redraw((count) => count + 1)), [session]);
  const { state } = session;
  useEffect(() => {
    // A connection belongs to the session that opened it.
    if (state.is !== "signed-in") live.close();
  }, [state.is, live]);

  // Loads the page's script while the collector answers who is signed in.
  useLayoutEffect(() => loadSoon(loaderOf(navigation.place)), []);

  useEffect(() => {
    // Most visits go from the list to a log, so loads its page in advance.
    if (state.is === "signed-in") loadSoon(loadLogPage);
  }, [state.is]);

  if (state.is === "starting") return <main class="page" aria-busy="true" />;
  if (state.is === "signed-out") {
    const props = { api, reason: state.reason, onSignedIn: () => void session.refresh(api) };
    return <Lazy<LoginPageProps> load={loadLoginPage} props={props} waiting={WAITING} />;
  }
  if (state.is === "unreached") {
    return (
      <main class="page centred">
        <h1>{frame.unreached}</h1>
        <p class="quiet">{frame.unreachedWhy(state.message)}</p>
        <button type="button" class="primary" onClick={() => void session.refresh(api)}>
          {frame.tryAgain}
        </button>
      </main>
    );
  }

  const { place } = navigation;
  return (
    <div class="frame">
      <TopBar me={state.me} navigation={navigation} onSignOut={() => void session.leave(api)}>
        {state.me.fleet === true ? <RunButton api={api} navigation={navigation} me={state.me} /> : null}
      </TopBar>
      <div class="notices">
        <SignOutNotice problem={session.signOutProblem} onRetry={() => void session.leaveAgain(api)} />
        {isLive(place) ? (
          <ConnectionNotice
            status={session.live}
            isLiveRefused={session.isLiveRefused}
            silentMs={() => live.silentMs}
            onRetry={() => live.wake()}
          />
        ) : null}
      </div>
      {place.view === "list" && place.page === "nodes" ? (
        <Lazy<NodesPageProps>
          key="nodes"
          load={loadNodesPage}
          props={{ api, navigation, place, isAdmin: state.me.admin }}
          waiting={WAITING}
        />
      ) : place.view === "list" && place.page === "account" ? (
        <Lazy<AccountPageProps>
          key="account"
          load={loadAccountPage}
          props={{ api, me: state.me, onEndAll: () => void session.leave(api, { everywhere: true }) }}
          waiting={WAITING}
        />
      ) : place.view === "list" && place.lines !== undefined ? (
        <Lazy<SearchPageProps>
          key="search"
          load={loadSearchPage}
          props={{ api, navigation, place, showOwner: state.me.admin }}
          waiting={WAITING}
        />
      ) : place.view === "list" ? (
        <Lazy<ListViewProps>
          key="list"
          load={loadListView}
          props={{ api, live, navigation, place, me: state.me }}
          waiting={WAITING}
        />
      ) : (
        <Lazy<LogPageProps>
          waiting={WAITING}
          key={logKey(place)}
          load={loadLogPage}
          props={{
            ...{ api, live, navigation, place, runBoard },
            hasFleet: state.me.fleet === true,
            showOwner: state.me.admin || (place.owner !== undefined && place.owner !== state.me.user),
            isConnected: session.live === "connected",
          }}
        />
      )}
    </div>
  );
}

/** Whether the page has a live connection. Others poll, and report failures themselves. */
function isLive(place: Place): boolean {
  return place.view !== "list" || (place.page === undefined && place.lines === undefined);
}

/** The part of the script that shows a place. */
function loaderOf(place: Place): () => Promise<unknown> {
  if (place.view !== "list") return loadLogPage;
  if (place.page === "nodes") return loadNodesPage;
  if (place.page === "account") return loadAccountPage;
  return place.lines === undefined ? loadListView : loadSearchPage;
}

const WAITING = <main class="page" aria-busy="true" />;

async function loadLoginPage() {
  const { LoginPage } = await import("./login-page.tsx");
  return LoginPage;
}

async function loadSearchPage() {
  const { SearchPage } = await import("./search/search-page.tsx");
  return SearchPage;
}

async function loadNodesPage() {
  const { NodesPage } = await import("./nodes/nodes-page.tsx");
  return NodesPage;
}

async function loadAccountPage() {
  const { AccountPage } = await import("./account/account-page.tsx");
  return AccountPage;
}

async function loadListView() {
  const { ListView } = await import("./list/list-view.tsx");
  return ListView;
}

async function loadLogPage() {
  const { LogPage } = await import("./log/page/log-page.tsx");
  return LogPage;
}

/** Identifies the log, which has its own window and position; other settings only change how it looks. */
function logKey(place: ExecutionPlace | JobPlace): string {
  const { view, owner, node, clock } = place;
  const what = view === "job" ? [place.job, place.run, place.only] : [place.x];
  return JSON.stringify([view, what, owner, node, clock]);
}
