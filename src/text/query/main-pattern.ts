import type { CaseMode, PlainTerm } from "./line-terms.ts";
import type { Query, Term } from "./query.ts";

interface QueryOptions {
  readonly case: CaseMode;
  readonly word: boolean;
}

/** A query for an engine that searches for one pattern and checks matching lines for the other terms. */
export interface MainPattern extends QueryOptions {
  /** Empty: every line. */
  readonly pattern: string;
  readonly regex: boolean;
  readonly invert: boolean;
  readonly also: readonly PlainTerm[];
}

/** Every character that an expression treats specially (regex-syntax, `escape`). */
const META = /[\\.+*?()|[\]{}^$#&~-]/g;

/**
 * Chooses the pattern: the expression, if there is one, else the longest text, which is rarest. `problem` if it
 * cannot: only one expression can be searched at a time.
 */
export function mainPattern({ terms }: Query, options: QueryOptions): MainPattern | { readonly problem: string } {
  const regexes = terms.filter(({ is }) => is === "regex");
  if (regexes.length > 1) return { problem: "Only one /expression/ at a time: join them with |, as in /a|b/" };
  const wanted = terms.filter(({ isNot }) => !isNot).sort((a, b) => b.text.length - a.text.length);
  const main: Term | undefined = regexes[0] ?? wanted[0] ?? terms[0];
  const also = terms.filter((term) => term !== main).map(({ text, isNot }) => ({ text, isNot }));
  const regex = main?.is === "regex";
  const said = main?.text ?? "";
  const forms = regex ? [said] : [...new Set([said, said.normalize("NFC"), said.normalize("NFD")])];
  const pattern = forms.length === 1 ? said : forms.map((form) => form.replace(META, "\\$&")).join("|");
  return { ...options, pattern, regex: regex || forms.length > 1, invert: main?.isNot === true, also };
}
