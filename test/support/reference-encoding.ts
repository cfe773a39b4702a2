/**
 * The encoding of a line's text as src/frame/README.md states it, written for clearness: one regular expression a rule.
 */
export function encodeText(text: string): string {
  return (
    text
      .replace(/\\/g, "\\\\")
      .replace(/\t/g, "\\t")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is encoded
      .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/g, hexOf)
      .replace(/#(?=[0-7]{3})/g, "\\x23")
      .replace(/^ | $/g, "\\x20")
  );
}

function hexOf(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
