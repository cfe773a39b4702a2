import { useState } from "preact/hooks";
import { frame } from "./texts/en/frame.ts";

interface LoadedDialog<D> {
  /** Undefined until first opened. */
  readonly Dialog: D | undefined;
  readonly isOpen: boolean;
  /** Why it could not be loaded; empty if it could. */
  readonly problem: string;
  open(): Promise<void>;
  close(): void;
}

/** A dialogue whose script is loaded when it is first opened. */
export function useLoadedDialog<D>(load: () => Promise<D>): LoadedDialog<D> {
  const [loaded, setLoaded] = useState<{ readonly Dialog: D } | undefined>(undefined);
  const [isOpen, setOpen] = useState(false);
  const [problem, setProblem] = useState("");
  const open = async (): Promise<void> => {
    setProblem("");
    try {
      setLoaded({ Dialog: await load() });
      setOpen(true);
    } catch {
      setProblem(frame.partFailed);
    }
  };
  return { Dialog: loaded?.Dialog, isOpen, problem, open, close: () => setOpen(false) };
}
