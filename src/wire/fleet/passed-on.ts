import type { CallView } from "./call.ts";

/** On what a collector asks of one that it is joined with: such a request goes no further. */
export const PASSED_ON_HEADER = "marcologger-passed-on";

/** What came of a call that was passed on to a joined collector. */
export type PassedCall =
  | { readonly is: "called"; readonly call: CallView }
  /** Too many are open here at the moment. */
  | { readonly is: "busy" }
  /** That collector refuses it; the message names it. */
  | {
      readonly is: "refused";
      readonly status: number;
      readonly code: "peer";
      readonly message: string;
      readonly retryAfterSeconds: number | undefined;
    }
  /** It was not reached, or is none: it has nothing of the call. */
  | { readonly is: "failed"; readonly message: string };
