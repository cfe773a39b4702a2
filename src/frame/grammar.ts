/**
 * The frames of mlrun, RFC 5424 over octet counting (RFC 6587, section 3.4.1), below `WIRE_LIMITS.maxFrameBytes`:
 *
 *     <14>1 TIME NODE mlrun PID LINES [ml@32473 v="1" t="lines" x="ULID" k="KEY" s="stdout" n="123" c="2" b="31"] 123 one\ntwo
 *     <14>1 TIME NODE mlrun PID LINES [ml@32473 v="1" t="beat" x= k= n="124" idle_ms= cpu_ms=] 124 BEATNUMBER[ buffering| {"code":0,...}]
 *     <14>1 TIME NODE mlrun PID LINES [ml@32473 v="1" t="end" x= k= n="124"] 124 {"code":0,...}
 *
 * `n` is the number of the frame's first line (lines) or of the last line so far (beat, end; 0 before the first). The
 * frame holds `c` lines; `b` counts the octets of encoded text after "n ". ` f="1"` after `b`: the last one is a
 * fragment. The text starts with n, and a beat adds its own number, so that repeated-message reduction never sees two
 * equal messages. ` buffering` after that: the command has been silent but computing. JSON (`Exit`) after that: it has
 * ended, but processes that it left behind may still print. Attributes come in exactly this order: parsers compare
 * bytes.
 *
 * What the relay forwards to the collector (constants of its template, and the kernel's credentials; TIMEREPORTED is
 * TIME, with `+00:00` for `Z`):
 *
 *     <134>1 TIMEREPORTED MYHOSTNAME mlrun - LINES the sender's SD and MSG
 *     <134>1 TIMEREPORTED MYHOSTNAME mlrun - BEGIN [ml@32473 uid="1001" gid="1001" pid="4712"] LINES - the sender's MSG
 *     <134>1 TIMEREPORTED MYHOSTNAME mlrun - RELAY - LINES - {"name":"marcologger-forward queue","size":0,...}
 *
 * The last is the relay's own, sent every ten seconds, with its queue's counters as rsyslogd's impstats prints them.
 */
export const GRAMMAR = {
  /** Private enterprise number 32473 is reserved for documentation (RFC 5612). */
  structuredDataId: "ml@32473",
  version: "1",
  framePriority: "<14>1 ",
  envelopePriority: "<134>1 ",
  appName: "mlrun",
  /** `2026-11-20T04:17:44.960662Z` */
  timeBytes: 27,
  executionIdBytes: 26,
  /** 128 bits in base64url without padding. */
  keyBytes: 22,
  /** Follows a beat's number: the command's output may be waiting in a buffer of its own. */
  buffering: " buffering",
} as const;
