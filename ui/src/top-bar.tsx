import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { Me } from "../../src/wire/api.ts";
import { Icon } from "./icon.tsx";
import { Link } from "./link.tsx";
import type { Navigation } from "./navigation.ts";
import { applyTheme, storedTheme, THEMES } from "./theme.ts";
import { LIST } from "./url-state.ts";

interface TopBarProps {
  readonly me: Me;
  readonly navigation: Navigation;
  readonly onSignOut: () => void;
  readonly onEndAll: () => void;
  /** What else the page offers. */
  readonly children: ComponentChildren;
}

export function TopBar({ me, navigation, onSignOut, onEndAll, children }: TopBarProps): JSX.Element {
  return (
    <header class="top-bar">
      <Link class="brand" navigation={navigation} to={LIST}>
        <Icon name="brand" />
        <span>marcologger</span>
      </Link>
      <Link
        class="search-link"
        navigation={navigation}
        to={{ ...LIST, lines: "" }}
        title="Search the lines of all executions"
      >
        <Icon name="search" />
        <span>Search lines</span>
      </Link>
      <Link class="search-link" navigation={navigation} to={{ ...LIST, page: "nodes" }}>
        <Icon name="nodes" />
        <span>Nodes</span>
      </Link>
      <span class="spring" />
      {children}
      <ThemeButton />
      <span class="who" title={me.admin ? "Administrator: sees everybody's executions" : "Signed in"}>
        {me.user}
        {me.admin ? <span class="tag">admin</span> : null}
      </span>
      <button type="button" class="plain" onClick={onSignOut}>
        Sign out
      </button>
      <button type="button" class="plain" title="Signs out here and in every other browser" onClick={onEndAll}>
        End all sessions
      </button>
    </header>
  );
}

export function ThemeButton(): JSX.Element {
  const [theme, setTheme] = useState(storedTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
  const label = `Theme: ${theme}. Switch to ${next}`;
  const change = (): void => {
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" class="plain icon-only" aria-label={label} title={label} onClick={change}>
      <Icon name={`theme-${theme}`} />
    </button>
  );
}
