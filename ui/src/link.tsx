import type { ComponentChildren, JSX } from "preact";
import type { Navigation } from "./navigation.ts";
import type { Place } from "./url-state.ts";

interface LinkProps {
  readonly navigation: Navigation;
  readonly to: Place;
  readonly class?: string;
  readonly title?: string;
  readonly children: ComponentChildren;
}

/** A link within the viewer. A real one: it opens in a new tab and can be copied. */
export function Link({ navigation, to, children, ...rest }: LinkProps): JSX.Element {
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigation.go(to);
  };
  return (
    <a {...rest} href={navigation.href(to)} onClick={follow}>
      {children}
    </a>
  );
}
