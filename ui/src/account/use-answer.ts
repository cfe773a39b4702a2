import { useCallback, useEffect, useState } from "preact/hooks";
import type { Answer } from "../api/json-client.ts";

interface Asked<T> {
  /** Undefined until the first answer. */
  readonly value: T | undefined;
  /** Why the last question or action failed. */
  readonly problem: string | undefined;
  readonly refresh: () => void;
  /** Waits for an action, shows why it failed, if so, and asks again. */
  readonly act: (doing: Promise<Answer<unknown>>) => void;
}

/** An answer of the collector, fetched once and after each action. @param ask Always the same function. */
export function useAnswer<T>(ask: () => Promise<Answer<T>>): Asked<T> {
  const [value, setValue] = useState<T | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const refresh = useCallback(() => {
    void ask().then((answer) => {
      if (answer.ok) setValue(() => answer.value);
      else setProblem(answer.message);
    });
  }, [ask]);
  useEffect(refresh, [refresh]);
  const act = (doing: Promise<Answer<unknown>>): void => {
    void doing.then((answer) => {
      setProblem(answer.ok ? undefined : answer.message);
      refresh();
    });
  };
  return { value, problem, refresh, act };
}
