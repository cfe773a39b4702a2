/**
 * Parameters for a relay that stops quickly while it cannot send. As shipped it tries for ten seconds, then saves its
 * queue as this one does.
 */
export const HASTY_SHUTDOWN = { "queue.timeoutShutdown": "100", "queue.timeoutActionCompletion": "100" };
