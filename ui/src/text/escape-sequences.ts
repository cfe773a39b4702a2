const ESC = 0x1b;
const BEL = 0x07;
const STRING_TERMINATOR = 0x9c;

/** A control sequence: its length, its parameters if it is SGR, its text if it is an operating system command. */
export interface Sequence {
  readonly length: number;
  readonly sgr: string | undefined;
  readonly osc?: string;
}

/**
 * The control sequence (ECMA-48) at `at`, the place of an ESC or C1 control. Undefined unless it is complete:
 * its first character then shows like any other control, so a lone ESC cannot hide the text after it.
 */
export function sequenceAt(text: string, at: number): Sequence | undefined {
  const first = text.charCodeAt(at);
  if (first !== ESC) return introducedBy(text, first - 0x40, at + 1, at);
  const second = text.charCodeAt(at + 1);
  const introduced = introducedBy(text, second, at + 2, at);
  if (introduced !== undefined || isIntroducer(second)) return introduced;
  // nF and the short ones: ESC, intermediates, one final character.
  let end = at + 1;
  while (isBetween(text.charCodeAt(end), 0x20, 0x2f)) end += 1;
  return isBetween(text.charCodeAt(end), 0x30, 0x7e) ? { length: end + 1 - at, sgr: undefined } : undefined;
}

function isIntroducer(code: number): boolean {
  return code === 0x5b || isStringIntroducer(code);
}

/** OSC, DCS, SOS, PM, APC: everything up to the terminator belongs to them. */
function isStringIntroducer(code: number): boolean {
  return code === 0x5d || code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f;
}

function introducedBy(text: string, introducer: number, from: number, at: number): Sequence | undefined {
  if (introducer === 0x5b) return controlSequence(text, from, at);
  return isStringIntroducer(introducer) ? stringSequence(text, { from, at, isOsc: introducer === 0x5d }) : undefined;
}

function controlSequence(text: string, from: number, at: number): Sequence | undefined {
  let end = from;
  while (isBetween(text.charCodeAt(end), 0x30, 0x3f)) end += 1;
  const parameters = text.slice(from, end);
  const isPrivate = isBetween(parameters.charCodeAt(0), 0x3c, 0x3f);
  const intermediatesFrom = end;
  while (isBetween(text.charCodeAt(end), 0x20, 0x2f)) end += 1;
  const final = text.charCodeAt(end);
  if (!isBetween(final, 0x40, 0x7e)) return undefined;
  const isSgr = final === 0x6d && !isPrivate && end === intermediatesFrom;
  return { length: end + 1 - at, sgr: isSgr ? parameters : undefined };
}

function stringSequence(
  text: string,
  { from, at, isOsc }: { readonly from: number; readonly at: number; readonly isOsc: boolean },
): Sequence | undefined {
  const whole = (end: number, length: number): Sequence => {
    return { length: length - at, sgr: undefined, ...(isOsc ? { osc: text.slice(from, end) } : {}) };
  };
  for (let end = from; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === BEL || code === STRING_TERMINATOR) return whole(end, end + 1);
    if (code !== ESC) continue;
    return text.charCodeAt(end + 1) === 0x5c ? whole(end, end + 2) : undefined;
  }
  return undefined;
}

function isBetween(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}
