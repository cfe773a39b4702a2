import { PROBLEMS, type ProblemName } from "../wire/problems.ts";
import { Problem } from "../wire/request-members.ts";

/** ripgrep's message: expression, carets under the fault (the second, if two) and its name (regex-syntax, `Error`). */
const SHOWN = /regex parse error:\n {4}(.*)\n {4}([ ^]* |)\^+\nerror: (.+)/;
const TOO_LARGE = /compiled regex exceeds size limit of (\d+)/i;
/** Newer ripgreps put an expression into a group of their own. */
const OWN_GROUP = "(?:";

/** The problem that ripgrep reported, by name if it has one. @param pattern The expression as the user wrote it. */
export function regexProblem(said: string, pattern: string): Problem {
  const limit = TOO_LARGE.exec(said)?.[1];
  if (limit !== undefined) return new Problem("regex-too-large", { limit: Number(limit) });
  const [, shown = "", before = "", words = ""] = SHOWN.exec(said) ?? [];
  const own = shown === `${OWN_GROUP}${pattern})` ? OWN_GROUP.length : 0;
  const is = `regex-${slug(words)}`;
  if (!isProblem(is)) return new Problem("regex", { said });
  return new Problem(is, { at: before.length - own + 1 });
}

/** The words before any explanation, which begins with a comma or a number in parentheses. */
function slug(words: string): string {
  return words
    .replace(/,.*| \(.*/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
}

function isProblem(name: string): name is ProblemName {
  return Object.hasOwn(PROBLEMS, name);
}
