/**
 * Pages of the demo with their addresses, and an element of each that shows that it is there. The last one is a job's.
 */
export const DEMO_PAGES = [
  ["nodes", "/?page=nodes", ".node-row"],
  ["account", "/?page=account", "table"],
  ["search", "/?lines=words", ".found"],
  ["fold", "/?job=demo&fold=1", ".row"],
  ["side by side", "/?job=demo&side=time", ".row.side"],
  ["find", "/?job=demo&find=words", ".row"],
  ["filter", "/?job=demo&q=words", ".row"],
  ["job", "/?job=demo", ".cell"],
] as const;
