import type { ComponentChildren, JSX } from "preact";
import { Icon } from "../../icon.tsx";
import { Link } from "../../link.tsx";
import type { Navigation } from "../../navigation.ts";
import { frame } from "../../texts/en/frame.ts";
import { head as t } from "../../texts/en/head.ts";
import { LIST } from "../../url-state.ts";

interface LogTitleProps {
  readonly text: string;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

/** The name of the execution or job; clicking it shows and hides the details. */
export function LogTitle({ text, isOpen, onToggle }: LogTitleProps): JSX.Element {
  return (
    <h1 class="log-title">
      <button type="button" aria-expanded={isOpen} title={isOpen ? t.hideDetails : t.showDetails} onClick={onToggle}>
        <span>{text}</span>
        <Icon name={isOpen ? "open" : "closed"} />
      </button>
    </h1>
  );
}

export function Crumbs({
  navigation,
  children,
}: {
  navigation: Navigation;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <nav class="crumbs" aria-label={t.belongs}>
      <Link navigation={navigation} to={LIST}>
        {frame.executionsTitle}
      </Link>
      {children}
    </nav>
  );
}
