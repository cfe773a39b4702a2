export type LogCommand =
  | { readonly is: "scroll"; readonly rows: number }
  | { readonly is: "page"; readonly pages: number }
  | { readonly is: "step"; readonly direction: "next" | "previous" }
  | { readonly is: "start" | "end" | "goto" | "wrap" | "time" | "help" }
  | { readonly is: "mark"; readonly isRange: boolean };

interface Key {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

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
    case "n":
      return { is: "step", direction: "next" };
    case "N":
      return { is: "step", direction: "previous" };
    case ":":
      return { is: "goto" };
    case "m":
      return { is: "mark", isRange: false };
    case "M":
      return { is: "mark", isRange: true };
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
