import { LineScreen } from "../../../../src/text/screen/line-screen.ts";
import { screenItems } from "./screen-items.ts";

/** A part of the script of its own, loaded when a line first moves back over printed text. */
export const TERMINAL = { LineScreen, screenItems } as const;
