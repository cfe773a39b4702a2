import { type Colour, RGB, type Style } from "../../../src/text/screen/style.ts";
import type { Rgb } from "./contrast.ts";
import { contrast, cssColour, paletteRgb, readableOn } from "./contrast.ts";

/** How to draw a style: classes of the style sheet, and the program's own colours. */
interface Paint {
  readonly classes: string;
  /** CSS properties by the names of CSSOM. */
  readonly colours: Readonly<Record<string, string>>;
}

/** Colours that the theme chooses; all others are the program's own. */
const THEME_COLOURS = 16;

/** The log's background in both themes (`--paper` in the style sheet); colours must be readable on it. */
const ON_LIGHT = { background: 0xffffff, towards: 0x000000 };
const ON_DARK = { background: 0x0d1117, towards: 0xffffff };

/** A log hides nothing: `hidden` text shows. */
export function paint(style: Style): Paint {
  const { inverse = false } = style;
  const front = inverse ? style.background : style.foreground;
  const back = inverse ? style.foreground : style.background;
  const isOnPaper = back === undefined && !inverse;
  const classes: string[] = [];
  const colours: Record<string, string> = {};
  if (inverse) classes.push("inverse");
  if (isTheme(back)) classes.push(`bg-${back}`);
  if (isTheme(front)) classes.push(`fg-${front}`);
  const ownBack = ownRgb(back);
  const ownFront = ownRgb(front);
  if (ownBack !== undefined) {
    colours["backgroundColor"] = cssColour(ownBack);
    colours["color"] = contrast(ownBack, 0) > contrast(ownBack, 0xffffff) ? "#000000" : "#ffffff";
  }
  if (ownFront !== undefined && isOnPaper) {
    classes.push("fg-own");
    colours["--on-light"] = cssColour(readableOn(ownFront, ON_LIGHT));
    colours["--on-dark"] = cssColour(readableOn(ownFront, ON_DARK));
  } else if (ownFront !== undefined) {
    colours["color"] = cssColour(ownFront);
  }
  for (const name of ["bold", "dim", "italic", "underline", "strike", "overline"] as const)
    if (style[name] === true) classes.push(name);
  return { classes: classes.join(" "), colours };
}

function isTheme(colour: Colour | undefined): boolean {
  return colour !== undefined && colour < THEME_COLOURS;
}

function ownRgb(colour: Colour | undefined): Rgb | undefined {
  if (colour === undefined || colour < THEME_COLOURS) return undefined;
  return colour >= RGB ? colour - RGB : paletteRgb(colour);
}
