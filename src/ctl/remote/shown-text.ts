import { safeText } from "../../host/safe-text.ts";
import { EscapeParser } from "../../text/screen/escape-parser.ts";

/** Select Graphic Rendition (ECMA-48, 8.3.117): colours and other looks of characters. */
const LOOK = "m";
const PLAIN_AGAIN = "\u001b[0m";
const TAB = 0x09;

/**
 * A printed line for a terminal: colours stay if wanted, other control sequences are left out, other control characters
 * are made visible. So nothing that a program printed moves the cursor, sets a title or answers for the user.
 */
export function shownText(text: string, options: { readonly isColoured: boolean }): string {
  let [shown, hasLook] = ["", false];
  const parser = new EscapeParser({
    print: (part) => {
      shown += safeText(part);
    },
    control: (code) => {
      shown += code === TAB ? "\t" : safeText(String.fromCharCode(code)).replace("\n", "\\n");
    },
    csi: (final, parameters) => {
      if (final !== LOOK || !options.isColoured) return;
      shown += `\u001b[${parameters}${LOOK}`;
      hasLook = true;
    },
    osc: () => undefined,
  });
  // A program on a terminal ends its lines with CR LF.
  parser.write(text.endsWith("\r") ? text.slice(0, -1) : text);
  parser.endLine();
  return hasLook ? `${shown}${PLAIN_AGAIN}` : shown;
}

/** Bytes as text; invalid UTF-8 becomes U+FFFD. */
export function decoded(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}
