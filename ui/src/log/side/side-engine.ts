import { SideCells } from "./side-cells.tsx";
import { SideHeader } from "./side-header.tsx";
import { SideRows } from "./side-rows.ts";

/** What a side by side view needs: a part of the script of its own, loaded when it is first chosen. */
export interface SideEngine {
  readonly SideRows: typeof SideRows;
  readonly SideCells: typeof SideCells;
  readonly SideHeader: typeof SideHeader;
}

export const SIDE_ENGINE: SideEngine = { SideRows, SideCells, SideHeader };
