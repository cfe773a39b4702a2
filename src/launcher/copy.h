#pragma once

/** The command of `--stdin`: copies stdin to stdout and ends, as tee(1) would. @param console For messages; -1: none. */
_Noreturn void copy_stdin(int console);
