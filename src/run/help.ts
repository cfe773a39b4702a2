export const HELP = `Usage: mlrun [options] -- command [args...]

Runs the command and sends its output to the collector, line by line, while still showing it here.

  --job NAME           the job that this execution belongs to (default: an enclosing mlrun's, a batch system's, MPI's)
  --run ID             the launch of that job (default: an enclosing mlrun's, a batch system's; else by time)
  --label KEY=VALUE    a label of this execution; may be given several times
  --quiet              do not show the output here
  --raw                keep every redraw of a progress bar (else one in 250 ms, and the last)
  --hide-argv          show the command's name, but not its arguments (passwords and tokens are masked anyway)
  --one-line-frames    one line per syslog message, for sites whose own rules want that
  --run-dir DIR        folder of mlrun.sock (default: MLRUN_RUN_DIR, else /run/marcologger)
  --id ULID            the execution's id, for callers that choose it
  --flush              deliver what was kept while no relay was there, then exit
  --doctor             test everything up to the relay's journal, and say how to mend what is wrong; exit 0 or 1
  --version, --help

The command gets MLRUN_ID, MLRUN_JOB, MLRUN_RUN and, unless it is set, PYTHONUNBUFFERED=1.

Exit status: the command's; 128 + N when signal N ended it; 127 not found; 126 not executable; 125 mlrun's own error.`;
