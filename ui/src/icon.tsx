import type { JSX } from "preact";

const PATHS = {
  brand: "M3 4h7M3 8h10M3 12h5",
  running: "M8 2a6 6 0 1 1-6 6",
  finished: "m3 8.5 3.2 3.2L13 4.8",
  failed: "m4 4 8 8M12 4l-8 8",
  lost: "M5.8 6a2.3 2.3 0 1 1 3.4 2c-.8.5-1.2.9-1.2 1.8M8 12.6v.1",
  warning: "M8 2.5 14.5 13.5h-13zM8 6.6v3.2M8 11.6v.1",
  open: "m4 6 4 4 4-4",
  closed: "m6 4 4 4-4 4",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.4 10.4l3.4 3.4",
  nodes: "M3 3h10v4H3zM3 9h10v4H3zM5.5 5v.1M5.5 11v.1",
  down: "M8 3v9M4 8.5 8 12.5l4-4",
  download: "M8 2.5v7.5M4.5 7 8 10.5 11.5 7M3 13.5h10",
  "theme-auto": "M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 1 1 0 11",
  "theme-light":
    "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.2v1.5M8 13.3v1.5M1.2 8h1.5M13.3 8h1.5M3.2 3.2l1 1M11.8 11.8l1 1M12.8 3.2l-1 1M4.2 11.8l-1 1",
  "theme-dark": "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8",
} as const;

type IconName = keyof typeof PATHS;

/** A small drawing in the text's colour. Hidden from screen readers: the words beside it say the same. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
