const CTRL_Z = "\x1a";

/**
 * Keys that a person types into an interactive bash that runs `$M sh`: it is stopped, continued, stopped again and
 * ended.
 */
export const JOB_CONTROL = {
  script: `printf 'PS1="%% " TERM=dumb; bind "set enable-bracketed-paste off"\\n' >rc; exec env M="$*" bash --rcfile rc -i`,
  types: [
    [/% $/, `$M sh -c 'echo started; read a; echo got $a; exec sleep 30'\n`],
    [/\nstarted/, CTRL_Z],
    [/Stopped[^\n]*\n% $/, "fg\n"],
    [/% fg\r\n[^\n]*\n$/, "word\n"],
    [/got word/, CTRL_Z],
    [/Stopped[\s\S]*Stopped[^\n]*\n% $/, "kill %1; fg; echo code $?\n"],
    [/code \d+\r\n% $/, "exit\n"],
  ],
  shows: /Stopped[\s\S]*got word[\s\S]*Stopped[\s\S]*code 143/,
} as const;
