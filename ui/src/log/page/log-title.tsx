import type { ComponentChildren, JSX } from "preact";
import { Icon } from "../../icon.tsx";
import { Link } from "../../link.tsx";
import type { Navigation } from "../../navigation.ts";
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
      <button type="button" aria-expanded={isOpen} title={isOpen ? "Hide details" : "Show details"} onClick={onToggle}>
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
    <nav class="crumbs" aria-label="Where this belongs">
      <Link navigation={navigation} to={LIST}>
        Executions
      </Link>
      {children}
    </nav>
  );
}
