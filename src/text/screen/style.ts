/** 0 to 255: the terminal's palette. From RGB on: 24 bits of red, green, blue above it. */
export type Colour = number;

export const RGB: Colour = 0x1000000;

/** Look of a cell. Immutable; an absent property means the terminal's default. */
export interface Style {
  readonly foreground?: Colour;
  readonly background?: Colour;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly inverse?: true;
  readonly hidden?: true;
  readonly strike?: true;
  readonly overline?: true;
  /** The target of a hyperlink (OSC 8), as the program gave it: check its scheme before you follow it. */
  readonly link?: string;
}

export const PLAIN: Style = {};

type Flag = Exclude<keyof Style, "foreground" | "background" | "link">;

const SETS: Readonly<Record<number, Flag>> = {
  1: "bold",
  2: "dim",
  3: "italic",
  4: "underline",
  7: "inverse",
  8: "hidden",
  9: "strike",
  21: "underline",
  53: "overline",
};
const CLEARS: Readonly<Record<number, readonly (keyof Style)[]>> = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  28: ["hidden"],
  29: ["strike"],
  39: ["foreground"],
  49: ["background"],
  55: ["overline"],
};
/** These codes are followed by a colour: 5;N or 2;R;G;B. The colour after 58, for underlines, is dropped. */
const FOREGROUND = 38;
const BACKGROUND = 48;
const UNDERLINE_COLOUR = 58;

/**
 * The style after Select Graphic Rendition (ECMA-48, 8.3.117; colours by ITU-T T.416, with `;` as with `:`).
 *
 * @param parameters as written between CSI and `m`.
 */
export function applySgr(style: Style, parameters: string): Style {
  const fields = parameters.split(";");
  let next: Style = style;
  for (let i = 0; i < fields.length; i += 1) {
    const field = fields[i] ?? "";
    const [first = "", ...sub] = field.split(":");
    const code = Number(first || 0);
    if (code === FOREGROUND || code === BACKGROUND || code === UNDERLINE_COLOUR) {
      const { colour, used } = sub.length > 0 ? subColour(sub) : colourOf(fields.slice(i + 1));
      i += used;
      if (colour !== undefined && code !== UNDERLINE_COLOUR)
        next = { ...next, [code === FOREGROUND ? "foreground" : "background"]: colour };
    } else if (code === 4 && sub[0] === "0") next = without(next, ["underline"]);
    else next = applyCode(next, code);
  }
  return sameStyle(next, style) ? style : next;
}

/**
 * The style after an operating system command: OSC 8 begins or ends a hyperlink
 * (https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda); others do not affect it.
 */
export function applyOsc(style: Style, text: string): Style {
  const link = /^8;[^;]*;(.*)$/s.exec(text)?.[1];
  if (link === undefined) return style;
  return link === "" ? without(style, ["link"]) : { ...style, link };
}

/** Whether two styles look the same. */
export function sameStyle(a: Style, b: Style): boolean {
  if (a === b) return true;
  const keys = Object.keys(a) as (keyof Style)[];
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function applyCode(style: Style, code: number): Style {
  const sets = SETS[code];
  if (sets !== undefined) return { ...style, [sets]: true };
  const clears = CLEARS[code];
  if (clears !== undefined) return without(style, clears);
  if (code === 0) return style.link === undefined ? PLAIN : { link: style.link };
  if (code >= 30 && code <= 37) return { ...style, foreground: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, foreground: code - 90 + 8 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 100 + 8 };
  return style;
}

function without(style: Style, keys: readonly (keyof Style)[]): Style {
  const rest: { -readonly [Key in keyof Style]: Style[Key] } = { ...style };
  for (const key of keys) delete rest[key];
  return rest;
}

/** A colour written with semicolons; `used` counts the fields after the code that belong to it. */
function colourOf(fields: readonly string[]): { colour: Colour | undefined; used: number } {
  const [kind, ...values] = fields;
  if (kind === "5") return { colour: palette(values[0]), used: Math.min(2, fields.length) };
  if (kind === "2") return { colour: rgb(values.slice(0, 3)), used: Math.min(4, fields.length) };
  return { colour: undefined, used: kind === undefined ? 0 : 1 };
}

/** A colour written with colons: 5:N, 2:R:G:B, or 2:SPACE:R:G:B. */
function subColour([kind, ...values]: readonly string[]): { colour: Colour | undefined; used: number } {
  const colour =
    kind === "5" ? palette(values[0]) : kind === "2" ? rgb(values.slice(values.length > 3 ? 1 : 0)) : undefined;
  return { colour, used: 0 };
}

function palette(text: string | undefined): Colour | undefined {
  const value = Number(text || 0);
  return value <= 255 ? value : undefined;
}

function rgb(values: readonly string[]): Colour | undefined {
  const [red = 0, green = 0, blue = 0] = values.map((value) => Number(value || 0));
  return Math.max(red, green, blue) <= 255 ? RGB + red * 65_536 + green * 256 + blue : undefined;
}
