import type { JSX } from "preact";
import { Component } from "preact";

interface StillProps {
  /** What it is drawn from, always as many values. */
  readonly on: readonly unknown[];
  readonly draw: () => JSX.Element | null;
}

/** A part of a page that is drawn many times a second, drawn again only when something that it shows has changed. */
export class Still extends Component<StillProps> {
  override shouldComponentUpdate(next: StillProps): boolean {
    return next.on.some((value, at) => value !== this.props.on[at]);
  }

  override render({ draw }: StillProps): JSX.Element | null {
    return draw();
  }
}
