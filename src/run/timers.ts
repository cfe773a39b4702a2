/** Schedules calls. Passed in, so that tests decide when they happen. */
export interface Timers {
  /** Calls back after `ms`. Returns a function that cancels it. */
  after(ms: number, call: () => void): () => void;
  /** Calls back once the data that waits on sockets now has been read. */
  afterReading(call: () => void): void;
}

/** Timers of Node's event loop. */
export const TIMERS: Timers = {
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  // setImmediate comes after the loop's poll phase, in which Node reads
  // (https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick).
  afterReading: (call) => void setImmediate(call),
};
