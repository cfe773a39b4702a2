import type { CallView } from "./call.ts";

/** Header of a request from a joined collector: such a request goes no further. */
export const PASSED_ON_HEADER = "marcologger-passed-on";

/** Result of passing a call on to a joined collector. */
export type PassedCall =
  | { readonly is: "called"; readonly call: CallView }
  /** Too many calls are open here at the moment. */
  | { readonly is: "busy" }
  /** The joined collector refuses the call; the message names it. */
  | {
      readonly is: "refused";
      readonly status: number;
      readonly code: "peer";
      readonly message: string;
      readonly retryAfterSeconds: number | undefined;
    }
  /** It was not reached, or did not answer as a collector with a fleet does. */
  | { readonly is: "failed"; readonly message: string };
