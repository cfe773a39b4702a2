import type { JSX } from "preact";
import { Component } from "preact";

interface StillProps {
  /** The values that it is drawn from; always the same number. */
  readonly on: readonly unknown[];
  readonly draw: () => JSX.Element | null;
}

/** A part of a page that draws many times a second. Redrawn only when something that it shows has changed. */
export class Still extends Component<StillProps> {
  override shouldComponentUpdate(next: StillProps): boolean {
    return next.on.some((value, at) => value !== this.props.on[at]);
  }

  override render({ draw }: StillProps): JSX.Element | null {
    return draw();
  }
}
