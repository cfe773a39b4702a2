/** The end of 2099: rsyslogd (8.2302) takes later years for no time, and the frame for no frame. */
const LATEST_US = 4_102_444_799_999_999;

/**
 * Formats RFC 3339 in UTC with microseconds, the only spelling of a time in frames, logs and the API.
 *
 * @param epochMicroseconds Microseconds since 1970, an integer. Times after 2099 become the end of that year.
 */
export function formatTimestamp(epochMicroseconds: number): string {
  const microseconds = Math.min(epochMicroseconds, LATEST_US);
  const milliseconds = Math.floor(microseconds / 1000);
  const rest = microseconds - milliseconds * 1000;
  return `${new Date(milliseconds).toISOString().slice(0, 23)}${String(rest).padStart(3, "0")}Z`;
}
