import { SideCells } from "./side-cells.tsx";
import { SideHeader } from "./side-header.tsx";
import { SideRows } from "./side-rows.ts";

/** The code of a side by side view: a separate part of the script, loaded when it is first chosen. */
export interface SideEngine {
  readonly SideRows: typeof SideRows;
  readonly SideCells: typeof SideCells;
  readonly SideHeader: typeof SideHeader;
}

export const SIDE_ENGINE: SideEngine = { SideRows, SideCells, SideHeader };
