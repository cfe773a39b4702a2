#pragma once

/** Exit statuses before the claim: nothing was started, and the run may be tried again. */
enum { USAGE = 2, NO_ROOM = 70, TAKEN = 75, CHANGED = 76, UNKNOWN = 77, CLOSED = 78, LATE = 79 };

/**
 * Without systemd: claims a run, executes it, and follows it to its end.
 *
 * @param words FOLDER UID USER KILL-AFTER-SECONDS SEQUENCE MLRUN
 */
int supervise(char **words);

/**
 * For a dry run: whether the user can enter the folder named on standard input (CLOSED if not). Starts nothing.
 *
 * @param words UID USER
 */
int enter(char **words);

/**
 * Executes a program of the node's as a user, from this process's standard input to its output: fields (`services/program.h`), then
 * the program's own input. It and everything that it started are killed when the time is over (LATE). Claims nothing.
 *
 * @param words UID USER SECONDS
 */
int look(char **words);

/**
 * Claims a call and executes a service, as the service's user: `fields` of the folder is its input, `output` becomes its answer.
 *
 * @param words FOLDER UID USER SECONDS SEQUENCE
 */
int serve(char **words);

/** Actions of a systemd unit: before its command (FOLDER SEQUENCE UNIT), at its stop (KILL-AFTER-SECONDS MLRUN), at its end (FOLDER). */
int claim_for_unit(char **words);
int stop_unit(char **words);
int end_unit(char **words);
