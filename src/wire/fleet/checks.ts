/** Whether a value has the type of one member. */
export type Check<T> = (value: unknown) => value is T;

/** The type that a table of checks accepts. */
export type Checked<S> = { readonly [K in keyof S]: S[K] extends Check<infer T> ? T : never };

export const is =
  <const T extends string | number | boolean>(...allowed: readonly T[]): Check<T> =>
  (value): value is T =>
    allowed.some((one) => one === value);

export const isWhole =
  (least: number, most: number): Check<number> =>
  (value): value is number =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most;

/** Text without NUL, which ends a C string, and without unpaired surrogates, which have no UTF-8. */
export const isText =
  (mostCharacters: number, leastCharacters = 0): Check<string> =>
  (value): value is string =>
    typeof value === "string" &&
    value.length >= leastCharacters &&
    value.length <= mostCharacters &&
    !/[\0\p{Surrogate}]/u.test(value);

export const isMatch =
  (pattern: RegExp): Check<string> =>
  (value): value is string =>
    typeof value === "string" && pattern.test(value);

export const isListOf =
  <T>(check: Check<T>, { least = 0, most }: { readonly least?: number; readonly most: number }): Check<readonly T[]> =>
  (value): value is readonly T[] =>
    Array.isArray(value) && value.length >= least && value.length <= most && value.every(check);

/** An object with exactly these keys in exactly this order. */
export const isShape =
  <S extends Readonly<Record<string, Check<unknown>>>>(checks: S): Check<Checked<S>> =>
  (value): value is Checked<S> => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const names = Object.keys(checks);
    const entries = Object.entries(value);
    return (
      entries.length === names.length && entries.every(([name, one], i) => name === names[i] && checks[name]?.(one))
    );
  };
