/** Controls, bidirectional controls, line and paragraph separators. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A message on one line: characters that break the line or drive a terminal become `#ooo` per byte, as in rsyslogd. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n\0]+$/, "").replace(UNSAFE, (character) => {
    if (character === "\t") return character;
    const code = character.charCodeAt(0);
    return code < 0x100 ? octal(code) : [...Buffer.from(character)].map(octal).join("");
  });
}

function octal(byte: number): string {
  return `#${byte.toString(8).padStart(3, "0")}`;
}
