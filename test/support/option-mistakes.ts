const ID = "01JCABCDEFGHJKMNPQRSTVWXYZ";

/** Mistakes in mlrun's command line, with the message of its launcher and of its fallback in Node. */
export const OPTION_MISTAKES: readonly (readonly [words: readonly string[], message: string])[] = [
  [[], "no command after --"],
  [["--"], "no command after --"],
  [["ls"], 'unexpected "ls"; the command goes after --'],
  [["-q", "--", "ls"], 'unexpected "-q"; the command goes after --'],
  [["--nope", "--", "ls"], "unknown option --nope"],
  [["--quiet=yes", "--", "ls"], "--quiet takes no value"],
  [["--job"], "--job takes a value"],
  [["--job", "", "--", "ls"], "--job takes 1 to 128 characters"],
  [["--job", "ä".repeat(129), "--", "ls"], "--job takes 1 to 128 characters"],
  [
    ["--run", "-x", "--", "ls"],
    "--run takes 1 to 64 letters, digits and . _ : @ + = , / [ ] -, first a letter or digit",
  ],
  [
    ["--run", "a b", "--", "ls"],
    "--run takes 1 to 64 letters, digits and . _ : @ + = , / [ ] -, first a letter or digit",
  ],
  [["--id", ID.toLowerCase(), "--", "ls"], `--id takes a ULID (26 characters, upper case), not "${ID.toLowerCase()}"`],
  [["--label", "a", "--", "ls"], '--label takes KEY=VALUE, not "a"'],
  [["--label", "=a", "--", "ls"], "--label takes a key of 1 to 64 and a value of at most 256 characters"],
  [
    ["--label", `a=${"b".repeat(257)}`, "--", "ls"],
    "--label takes a key of 1 to 64 and a value of at most 256 characters",
  ],
  [[...Array.from({ length: 33 }, (_, at) => `--label=l${at}=`), "--", "ls"], "at most 32 labels"],
  [
    [...Array.from({ length: 30 }, (_, at) => `--label=l${at}=${"v".repeat(200)}`), "--", "ls"],
    "--label takes at most 3500 bytes in all",
  ],
  [["--flush", "--", "ls"], "--flush takes no command"],
];
