import { describe, expect, test } from "vitest";
import { parseArguments } from "../../src/run/arguments.ts";
import { inheritedJob, inheritedLabels } from "../../src/run/command/surroundings.ts";
import { UsageError } from "../../src/wire/usage-error.ts";

const ID = "01JCABCDEFGHJKMNPQRSTVWXYZ";

describe("the command line", () => {
  test("without options is the command after --", () => {
    expect(parseArguments(["--", "ls", "--quiet", "--", "-l"])).toEqual({
      argv: ["ls", "--quiet", "--", "-l"],
      job: undefined,
      id: undefined,
      runDir: undefined,
      labels: {},
      quiet: false,
      raw: false,
      oneLineFrames: false,
      hideArgv: false,
      action: "run",
    });
  });

  test("takes every option, in both spellings of a value", () => {
    const words = [
      "--job",
      "j 1",
      "--label=a=b=c",
      "--label",
      "d=",
      "--quiet",
      "--raw",
      "--one-line-frames",
      "--hide-argv",
    ];
    const asked = parseArguments([...words, "--run-dir=/r", "--id", ID, "--", "x"]);
    expect(asked).toEqual({
      argv: ["x"],
      job: "j 1",
      id: ID,
      runDir: "/r",
      labels: { a: "b=c", d: "" },
      quiet: true,
      raw: true,
      oneLineFrames: true,
      hideArgv: true,
      action: "run",
    });
  });

  test.each([["--flush"], ["--help"], ["--version"]] as const)("needs no command for %s", (word) => {
    expect(parseArguments([word])).toMatchObject({ action: word.slice(2), argv: [] });
  });

  test.each([
    [[], "no command after --"],
    [["--"], "no command after --"],
    [["--", ""], "no command after --"],
    [["ls"], 'unexpected "ls"; the command goes after --'],
    [["-q", "--", "ls"], 'unexpected "-q"; the command goes after --'],
    [["--nope", "--", "ls"], "unknown option --nope"],
    [["--quiet=yes", "--", "ls"], "--quiet takes no value"],
    [["--job"], "--job takes a value"],
    [["--job", "", "--", "ls"], "--job takes 1 to 128 characters"],
    [["--job", "j".repeat(129), "--", "ls"], "--job takes 1 to 128 characters"],
    [
      ["--id", ID.toLowerCase(), "--", "ls"],
      `--id takes a ULID (26 characters, upper case), not "${ID.toLowerCase()}"`,
    ],
    [["--label", "a", "--", "ls"], '--label takes KEY=VALUE, not "a"'],
    [["--label", "=a", "--", "ls"], "--label takes a key of 1 to 64 and a value of at most 256 characters"],
    [
      ["--label", `a=${"b".repeat(257)}`, "--", "ls"],
      "--label takes a key of 1 to 64 and a value of at most 256 characters",
    ],
    [[...Array.from({ length: 33 }, (_, at) => `--label=l${at}=`), "--", "ls"], "at most 32 labels"],
    [
      [...Array.from({ length: 30 }, (_, at) => `--label=l${at}=${"v".repeat(200)}`), "--", "ls"],
      "--label takes at most 3500 bytes in all",
    ],
    [["--flush", "--", "ls"], "--flush takes no command"],
  ])("%j is refused", (words, message) => {
    expect(() => parseArguments(words)).toThrow(new UsageError(message));
  });
});

describe("the surroundings", () => {
  test.each([
    [{}, undefined],
    [{ MLRUN_JOB: "outer", SLURM_JOB_ID: "7" }, "outer"],
    [{ MLRUN_JOB: "", SLURM_JOB_ID: "7", PBS_JOBID: "8.host" }, "7"],
    [{ PBS_JOBID: "8.host", PMIX_NAMESPACE: "prte-1@1" }, "8.host"],
    [{ OMPI_MCA_ess_base_jobid: "123", PMIX_NAMESPACE: "prte-1@1" }, "123"],
    [{ PMIX_NAMESPACE: "prte-1@1" }, "prte-1@1"],
    [{ MLRUN_JOB: "j".repeat(200) }, "j".repeat(128)],
  ])("%j name the job %s", (environment, job) => {
    expect(inheritedJob(environment)).toBe(job);
  });

  test("name rank and task", () => {
    expect(inheritedLabels({ OMPI_COMM_WORLD_RANK: "3", PMIX_RANK: "4", SLURM_PROCID: "5" })).toEqual({
      rank: "3",
      task: "5",
    });
    expect(inheritedLabels({ PMI_RANK: "0" })).toEqual({ rank: "0" });
    expect(inheritedLabels({})).toEqual({});
  });
});
