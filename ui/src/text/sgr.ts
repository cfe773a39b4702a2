/** A colour: 0 to 255 from the palette, or `RGB + 0xrrggbb`. Undefined: the theme's own. */
export type AnsiColour = number | undefined;

export const RGB = 0x1000000;

/** How a piece of text looks, by SGR (ECMA-48, 8.3.117, and xterm's additions). Never changed once made. */
export interface AnsiStyle {
  readonly foreground: AnsiColour;
  readonly background: AnsiColour;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  readonly strike: boolean;
}

export const PLAIN: AnsiStyle = {
  foreground: undefined,
  background: undefined,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  strike: false,
};

/**
 * `style` after `CSI parameters m`. Unknown parameters are ignored, and so is conceal (8):
 * a log hides nothing.
 */
export function applySgr(style: AnsiStyle, parameters: string): AnsiStyle {
  const groups = parameters.split(";").map((group) => group.split(":").map(Number));
  let made = style;
  for (let at = 0; at < groups.length; at += 1) {
    const group = groups[at] ?? [];
    const code = group[0] ?? 0;
    if (code === 38 || code === 48) {
      // `38:2::r:g:b` carries its own parameters, `38;2;r;g;b` takes the following ones.
      const rest = group.length > 1 ? group.slice(1) : groups.slice(at + 1, at + 5).map((each) => each[0] ?? 0);
      const { colour, taken } = readColour(rest);
      if (group.length === 1) at += taken;
      if (colour !== undefined) made = { ...made, [code === 38 ? "foreground" : "background"]: colour };
    } else {
      made = applyCode(made, code, group[1]);
    }
  }
  return made;
}

function readColour(parameters: readonly number[]): { colour: AnsiColour; taken: number } {
  const [kind, ...values] = parameters;
  if (kind === 5) return { colour: byte(values[0]), taken: 2 };
  if (kind !== 2) return { colour: undefined, taken: 1 };
  // With colons an (empty) colour space may stand before the three values.
  const [red, green, blue] = (values.length > 3 && parameters.length === 5 ? values.slice(1) : values).map(byte);
  const isWhole = red !== undefined && green !== undefined && blue !== undefined;
  return { colour: isWhole ? RGB + red * 65_536 + green * 256 + blue : undefined, taken: 4 };
}

function byte(value: number | undefined): number | undefined {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= 255 ? value : undefined;
}

function applyCode(style: AnsiStyle, code: number, variant: number | undefined): AnsiStyle {
  if (code >= 30 && code <= 37) return { ...style, foreground: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, foreground: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  switch (code) {
    case 0:
      return PLAIN;
    case 1:
      return { ...style, bold: true };
    case 2:
      return { ...style, dim: true };
    case 3:
      return { ...style, italic: true };
    case 4:
      return { ...style, underline: variant !== 0 };
    case 7:
      return { ...style, inverse: true };
    case 9:
      return { ...style, strike: true };
    case 21:
      return { ...style, underline: true };
    case 22:
      return { ...style, bold: false, dim: false };
    case 23:
      return { ...style, italic: false };
    case 24:
      return { ...style, underline: false };
    case 27:
      return { ...style, inverse: false };
    case 29:
      return { ...style, strike: false };
    case 39:
      return { ...style, foreground: undefined };
    case 49:
      return { ...style, background: undefined };
    default:
      return style;
  }
}
