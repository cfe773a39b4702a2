import type { CDPSession } from "playwright-core";

interface TabProcess {
  /** Of the operating system. */
  readonly id: number;
  /** Seconds of the processor so far. */
  readonly cpuTime: number;
}

/** Processor time of a browser's pages so far. */
export async function tabSeconds(session: CDPSession): Promise<number> {
  return (await tabProcesses(session)).reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/** The process of a browser that has one page; of several, the one that has worked most. */
export async function tabProcess(session: CDPSession): Promise<TabProcess | undefined> {
  return (await tabProcesses(session)).sort((a, b) => b.cpuTime - a.cpuTime)[0];
}

async function tabProcesses(session: CDPSession): Promise<TabProcess[]> {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo.filter(({ type }) => type === "renderer");
}
