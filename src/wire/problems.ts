/**
 * Problems of requests, by name, and their words in English; `{value}` stands for a value. A client that speaks another
 * language has words of its own for each name.
 */
export const PROBLEMS = {
  body: "expected JSON like {example}",
  text: "{name}: expected a text",
  "text-of": "{name}: expected a text of 1 to {limit} characters",
  characters: "{name}: {characters} characters, limit is {limit}",
  bytes: "{name}: {bytes} bytes, limit is {limit}",
  unknown: "{name}: has an unknown value",
  flag: "{name}: expected true or false",
  word: "{name}: expected {expected}",
  time: "{name}: expected a time like 2026-11-20T04:17:44.960662Z",
  count: "{name}: expected a whole number from {least} to {most}",
  age: "{name}: expected milliseconds from 0 to {most}",
  list: "{name}: expected a list like {example}",
  many: "{name}: {count} entries, limit is {limit}",
  labels: "labels: expected at most {limit} texts by name",
  scope: "what: expected an execution {x}, a {job} or {all: true}",
  "kept-scope": "what: expected an execution, {x}, or a {job}",
  "run-of-job": "run: name its job as well",
  "run-id": "run: expected {expected}",
  place: "place: expected a {time}, or {time, x, n} of a line",
  context: "buckets: expected no context",
  "from-one": "from: expected one execution in what",
  "place-many": "place: expected a job, a run or all in what",
  "lines-only": "{name}: expected lines without context",
  "count-with": "limit: expected a whole number from 1 to {most} with {name}",
  "line-feed": "{name}: has a line feed, but only single lines are searched",
  "carriage-return": "pattern: has a carriage return; in a regular expression write \\r",
  surrogate: "{name}: has half a surrogate pair, which no text has",
  "searches-of-user": "{count} of your searches wait, limit is {limit}: wait for one to end",
  searches: "{count} searches wait, limit is {limit}: try again in a moment",
  ripgrep: "ripgrep is missing on the collector: install it there (apt-get install ripgrep)",
  regex: "{said}",
  "regex-too-large": "the expression is larger than {limit} bytes when compiled: repeat less in it",
  "regex-invalid-escape-sequence-found-in-character-class":
    "character {at} of the expression: invalid escape sequence found in character class; write \\\\ for a backslash",
  "regex-invalid-character-class-range":
    "character {at} of the expression: invalid character class range; write [a-z], not [z-a], and \\- for a hyphen",
  "regex-invalid-range-boundary":
    "character {at} of the expression: invalid range boundary; write \\- for a hyphen between brackets",
  "regex-unclosed-character-class":
    "character {at} of the expression: unclosed character class; add ], or write \\[ for a bracket",
  "regex-decimal-literal-empty": "character {at} of the expression: number expected between the braces",
  "regex-decimal-literal-invalid": "character {at} of the expression: the number is too large",
  "regex-hexadecimal-literal-empty": "character {at} of the expression: hexadecimal digits expected",
  "regex-hexadecimal-literal-is-not-a-unicode-scalar-value":
    "character {at} of the expression: no character has this hexadecimal number",
  "regex-invalid-hexadecimal-digit": "character {at} of the expression: invalid hexadecimal digit",
  "regex-incomplete-escape-sequence":
    "character {at} of the expression: incomplete escape sequence; write \\\\ for a backslash",
  "regex-unrecognized-escape-sequence":
    "character {at} of the expression: unrecognized escape sequence; write \\\\ for a backslash",
  "regex-dangling-flag-negation-operator": "character {at} of the expression: a flag must follow the hyphen",
  "regex-duplicate-flag": "character {at} of the expression: duplicate flag",
  "regex-flag-negation-operator-repeated": "character {at} of the expression: second hyphen among the flags",
  "regex-expected-flag-but-got-end-of-regex": "character {at} of the expression: it ends where a flag was expected",
  "regex-unrecognized-flag": "character {at} of the expression: unrecognized flag; (?i) ignores case",
  "regex-duplicate-capture-group-name": "character {at} of the expression: duplicate capture group name",
  "regex-empty-capture-group-name": "character {at} of the expression: empty capture group name",
  "regex-invalid-capture-group-character":
    "character {at} of the expression: invalid capture group character; names have letters, digits and _",
  "regex-unclosed-capture-group-name": "character {at} of the expression: unclosed capture group name; add >",
  "regex-unclosed-group": "character {at} of the expression: unclosed group; add ), or write \\( for a parenthesis",
  "regex-unopened-group": "character {at} of the expression: unopened group; write \\) for a parenthesis",
  "regex-exceed-the-maximum-number-of-nested-parentheses-brackets":
    "character {at} of the expression: too many parentheses and brackets within each other",
  "regex-invalid-repetition-count-range":
    "character {at} of the expression: invalid repetition count range; write {1,2}, not {2,1}",
  "regex-repetition-quantifier-expects-a-valid-decimal":
    "character {at} of the expression: number expected between the braces; write \\{ for a brace",
  "regex-unclosed-counted-repetition":
    "character {at} of the expression: unclosed counted repetition; add }, or write \\{ for a brace",
  "regex-repetition-operator-missing-expression":
    "character {at} of the expression: nothing stands before it to repeat; write \\* for an asterisk, \\+ for a plus, \\? for a question mark",
  "regex-invalid-unicode-character-class": "character {at} of the expression: invalid Unicode character class",
  "regex-backreferences-are-not-supported": "character {at} of the expression: backreferences are not supported",
  "regex-look-around":
    "character {at} of the expression: look-around is not supported; a term with a hyphen before it leaves lines out",
  "regex-unicode-not-allowed-here": "character {at} of the expression: Unicode is not allowed after (?-u)",
  "regex-pattern-can-match-invalid-utf-8":
    "character {at} of the expression: it can match what is no UTF-8; leave out (?-u)",
  "regex-unicode-property-not-found":
    "character {at} of the expression: Unicode property not found; \\p{Letter} is one",
  "regex-unicode-property-value-not-found": "character {at} of the expression: Unicode property value not found",
} as const;

export type ProblemName = keyof typeof PROBLEMS;
