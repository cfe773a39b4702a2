import { translated } from "../language.ts";

export const tell = translated("tell", {
  title: "Tell me",
  events: { end: "it has ended", failure: "one fails", silence: "one falls silent" },
  when: (event: string) => ` when ${event}`,
  orLineHas: "or a line has",
  lineHas: (text: string) => `a line has "${text}"`,
  or: ", or ",
  youHear: (events: string) => `You hear when ${events}, while this tab is open`,
  noLonger: "No longer",
  refused: "The browser allows this page no notifications: allow them in its settings",
  unable: "This browser shows no notifications of an open page: open it in a browser on a computer",
  choose: "Choose what you want to hear of",
  tooMany: (most: number) => `This tab has ${most} wishes already: take one back with "No longer" first`,
  failed: "Failed",
  lost: "Lost",
  hasEnded: "It has ended",
  allHaveEnded: (count: number) => `All ${count} have ended`,
  allEnded: "All have ended",
  silentFor: (seconds: number) => `Silent for ${seconds} s`,
});
