/**
 * Parameters for a relay that stops quickly while it cannot send. As shipped, it tries for ten seconds before it saves
 * its queue.
 */
export const HASTY_SHUTDOWN = { "queue.timeoutShutdown": "100", "queue.timeoutActionCompletion": "100" };
