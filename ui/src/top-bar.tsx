import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { Me } from "../../src/wire/api.ts";
import { Icon } from "./icon.tsx";
import { Link } from "./link.tsx";
import type { Navigation } from "./navigation.ts";
import { frame } from "./texts/en/frame.ts";
import { applyTheme, storedTheme, THEMES } from "./theme.ts";
import { LIST } from "./url-state.ts";

interface TopBarProps {
  readonly me: Me;
  readonly navigation: Navigation;
  readonly onSignOut: () => void;
  /** Further controls of the page. */
  readonly children: ComponentChildren;
}

export function TopBar({ me, navigation, onSignOut, children }: TopBarProps): JSX.Element {
  return (
    <header class="top-bar">
      <Link class="brand" navigation={navigation} to={LIST}>
        <Icon name="brand" />
        <span>marcologger</span>
      </Link>
      <Link class="search-link" navigation={navigation} to={{ ...LIST, lines: "" }} title={frame.searchTitle}>
        <Icon name="search" />
        <span>{frame.search}</span>
      </Link>
      <Link class="search-link" navigation={navigation} to={{ ...LIST, page: "nodes" }}>
        <Icon name="nodes" />
        <span>{frame.nodes}</span>
      </Link>
      <span class="spring" />
      {children}
      <ThemeButton />
      <Link
        class="who"
        navigation={navigation}
        to={{ ...LIST, page: "account" }}
        title={me.admin ? `${frame.account}. ${frame.administrator}` : frame.account}
      >
        {me.user}
        {me.admin ? <span class="tag">{frame.admin}</span> : null}
      </Link>
      <button type="button" class="plain" onClick={onSignOut}>
        {frame.signOut}
      </button>
    </header>
  );
}

export function ThemeButton(): JSX.Element {
  const [theme, setTheme] = useState(storedTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
  const label = frame.theme(frame.themes[theme], frame.themes[next]);
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
