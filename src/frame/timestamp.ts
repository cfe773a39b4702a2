/**
 * RFC 3339 in UTC with microseconds, the only spelling of a time in frames, logs and the API.
 *
 * @param epochMicroseconds Microseconds since 1970, an integer below 2^53.
 */
export function formatTimestamp(epochMicroseconds: number): string {
  const milliseconds = Math.floor(epochMicroseconds / 1000);
  const rest = epochMicroseconds - milliseconds * 1000;
  return `${new Date(milliseconds).toISOString().slice(0, 23)}${String(rest).padStart(3, "0")}Z`;
}
