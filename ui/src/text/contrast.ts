/** 0xrrggbb. */
export type Rgb = number;

/** WCAG 2.2, success criterion 1.4.3. */
const LEAST_CONTRAST = 4.5;
const MIX_STEPS = 10;

/** A colour of xterm's 256, except the first 16, which the theme chooses. */
export function paletteRgb(index: number): Rgb {
  if (index >= 232) return (8 + (index - 232) * 10) * 0x010101;
  const cube = index - 16;
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  return level(Math.floor(cube / 36)) * 65_536 + level(Math.floor(cube / 6) % 6) * 256 + level(cube % 6);
}

/** `colour`, moved towards `towards` just far enough to be readable on `background`. */
export function readableOn(colour: Rgb, { background, towards }: { background: Rgb; towards: Rgb }): Rgb {
  for (let step = 0; step < MIX_STEPS; step += 1) {
    const mixed = mix(colour, towards, step / MIX_STEPS);
    if (contrast(mixed, background) >= LEAST_CONTRAST) return mixed;
  }
  return towards;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [first, second] = [luminance(a), luminance(b)];
  return (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
}

export function cssColour(colour: Rgb): string {
  return `#${colour.toString(16).padStart(6, "0")}`;
}

function mix(a: Rgb, b: Rgb, part: number): Rgb {
  const [from, to] = [channels(a), channels(b)];
  return from.reduce((sum, value, i) => sum * 256 + Math.round(value + ((to[i] ?? 0) - value) * part), 0);
}

function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channels(colour: Rgb): number[] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}
