/** Stands in place of a secret. */
const MASK = "***";

interface ArgvMasking {
  /** `--hide-argv`: show only the command's name. */
  readonly hidesAll: boolean;
  /** `mask-argv` of mlrun.toml: matches are masked, in addition to those always masked. */
  readonly patterns: readonly RegExp[];
}

const SECRET_NAME = String.raw`[\w-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)`;
/** Matches `--password=x`, `MY_TOKEN=x`: the name stays. */
const NAMED_VALUE = new RegExp(`^(-{0,2}${SECRET_NAME}=)(?=.)`, "i");
/** Matches `--password x`: the next word is the secret. */
const NAMED_OPTION = new RegExp(`^-{1,2}${SECRET_NAME}$`, "i");
/** Match the password of `scheme://user:password@host`, and the value after `Bearer` or `Basic` in a header. */
const INSIDE: readonly RegExp[] = [
  /(?<=[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/@]+(?=@)/gi,
  /(?<=\b(?:Bearer|Basic) +)\S+/gi,
];
/** Tokens with a prefix that gives them away: GitHub, GitLab, Slack, AWS, OpenAI and Anthropic, JSON Web Tokens. */
const TOKENS: readonly RegExp[] = [
  /\b(?:gh[pousr]_|github_pat_)\w{20,}/g,
  /\bglpat-[\w-]{20,}/g,
  /\bxox[abeoprs]-[\w-]{10,}/g,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\bsk-[\w-]{20,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
];

/** The shortest of these tokens: `xoxb-` and 10 characters. */
const SHORTEST_TOKEN = 15;

/**
 * Whether a word is too short for a token and has no mark of a secret. Most words pass, and need none of the
 * expressions, which take longer to compile than everything else about BEGIN.
 */
function isHarmless(word: string): boolean {
  return word.length < SHORTEST_TOKEN && !/[=: ]/.test(word);
}

/**
 * argv for BEGIN, with anything that looks like a password or a token masked. The command itself gets its words
 * unchanged. A short option (`-p secret`) says nothing about its value: use `--hide-argv` for that.
 */
export function maskArgv(argv: readonly string[], { hidesAll, patterns }: ArgvMasking): readonly string[] {
  if (hidesAll) return argv.length > 1 ? [...argv.slice(0, 1), MASK] : argv;
  return argv.map((word, i) => {
    if (i === 0) return word;
    const named = word.includes("=") ? NAMED_VALUE.exec(word)?.[1] : undefined;
    if (named !== undefined) return named + MASK;
    const option = i > 1 ? (argv[i - 1] ?? "") : "";
    if (option.startsWith("-") && NAMED_OPTION.test(option) && !word.startsWith("-")) return MASK;
    const replaced = isHarmless(word) ? patterns : [...INSIDE, ...TOKENS, ...patterns];
    return replaced.reduce((masked, pattern) => masked.replace(pattern, MASK), word);
  });
}
