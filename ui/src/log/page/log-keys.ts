export type LogCommand =
  | { readonly is: "scroll"; readonly rows: number }
  | { readonly is: "page"; readonly pages: number }
  | { readonly is: "start" | "end" | "goto" | "wrap" | "time" | "help" };

interface Key {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** The keys of the log view, for handling and for the help. */
export const KEY_HELP: readonly (readonly [keys: string, what: string])[] = [
  ["j k ↓ ↑", "one line down, up"],
  ["Space PageDown PageUp", "a page"],
  ["g Home", "first line"],
  ["G End", "last line, and follow"],
  [":", "go to a line"],
  ["/", "filter"],
  ["w", "wrap long lines"],
  ["t", "time: local, UTC, since start, none"],
  ["?", "this help"],
];

/** The command of a key, as in less and vi. Undefined for other keys. */
export function commandOf({ key, shiftKey, ctrlKey, metaKey, altKey }: Key): LogCommand | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  switch (key) {
    case "j":
    case "ArrowDown":
      return { is: "scroll", rows: 1 };
    case "k":
    case "ArrowUp":
      return { is: "scroll", rows: -1 };
    case " ":
      return { is: "page", pages: shiftKey ? -1 : 1 };
    case "PageDown":
      return { is: "page", pages: 1 };
    case "PageUp":
      return { is: "page", pages: -1 };
    case "g":
    case "Home":
      return { is: "start" };
    case "G":
    case "End":
      return { is: "end" };
    case ":":
      return { is: "goto" };
    case "w":
      return { is: "wrap" };
    case "t":
      return { is: "time" };
    case "?":
      return { is: "help" };
    default:
      return undefined;
  }
}
