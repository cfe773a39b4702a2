/**
 * Bounds that both ends of a wire must agree on. A bound that only one process needs is next to its code or, if an
 * administrator may want another value, in the collector's configuration.
 */
export const WIRE_LIMITS = {
  /** One frame of mlrun, octets: rsyslogd truncates silently at maxMessageSize, 8 KiB by default. */
  maxFrameBytes: 7_680,
  /** RELP DATA that the collector accepts, octets. */
  maxRelpDataBytes: 131_072,
  /** `GET /api/executions/:x/lines`: lines per page. */
  defaultPageLines: 200,
  maxPageLines: 5_000,
  /** `GET /api/executions`: executions per page. */
  defaultPageExecutions: 100,
  maxPageExecutions: 500,
  /** Length of its `q`, the text to search for. */
  maxSearchCharacters: 256,
  /** Missing ranges listed in one execution's summary; the count of missing lines is always exact. */
  maxMissingRanges: 100,
  /** Messages from a viewer, octets, and its subscriptions at a time. */
  maxClientMessageBytes: 16_384,
  maxSubscriptions: 64,
  /** The JSON of a BEGIN, octets, as the collector keeps it. Members over their limits below are cut. */
  maxBeginBytes: 8_192,
  /** The command line of a BEGIN: elements, and characters in all. */
  maxArgvElements: 256,
  maxArgvCharacters: 4_096,
  maxCwdCharacters: 1_024,
  maxLabels: 32,
  maxLabelKeyCharacters: 64,
  maxLabelValueCharacters: 256,
  maxJobCharacters: 128,
  maxRunCharacters: 64,
  maxNodeCharacters: 253,
  maxOwnerCharacters: 126,
} as const;
