/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions#grouping-log-lines */
const ACTIONS_HEAD = "::group::";
/** https://buildkite.com/docs/pipelines/configure/managing-log-output: a head, closed or open there at first. */
const BUILDKITE_HEADS = ["--- ", "+++ "];

export function isActionsHead(text: string): boolean {
  return text.startsWith(ACTIONS_HEAD);
}

/** Whether a line begins a group, unless it is in a diff. */
export function isBuildkiteHead(text: string): boolean {
  return BUILDKITE_HEADS.some((head) => text.startsWith(head)) && text.slice(4).trim() !== "";
}
