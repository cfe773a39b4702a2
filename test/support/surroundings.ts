/** Variables of a batch system or launcher, and the names that mlrun derives from them. */
interface Surrounding {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly job: string;
  readonly run: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Content of a file whose path this variable names. */
  readonly file?: { readonly variable: string; readonly text: string };
  /** Only the launcher in C looks beyond variables. */
  readonly needsLauncher?: boolean;
}

/** Recorded, or taken from their manuals. */
export const SURROUNDINGS: readonly Surrounding[] = [
  {
    name: "Slurm, a batch script",
    variables: { SLURM_JOB_ID: "812", SLURM_PROCID: "0", SLURM_LOCALID: "0", SLURM_NTASKS: "4" },
    job: "812",
    run: "slurm:812",
    labels: {},
  },
  {
    name: "Slurm, a step of a task of an array, requeued",
    variables: {
      SLURM_JOB_ID: "815",
      SLURM_ARRAY_JOB_ID: "813",
      SLURM_ARRAY_TASK_ID: "0",
      SLURM_RESTART_COUNT: "2",
      SLURM_STEP_ID: "0",
      SLURM_PROCID: "3",
      SLURM_LOCALID: "1",
      SLURM_STEP_NUM_TASKS: "4",
    },
    job: "813",
    run: "slurm:813-restart-2",
    labels: { rank: "3", "local-rank": "1", world: "4", task: "0", restart: "2" },
  },
  {
    name: "SGE",
    variables: { JOB_ID: "44", SGE_TASK_ID: "undefined", RESTARTED: "0" },
    job: "44",
    run: "sge:44",
    labels: {},
  },
  {
    name: "SGE, a task of an array, started again",
    variables: { JOB_ID: "44", SGE_TASK_ID: "3", RESTARTED: "1" },
    job: "44",
    run: "sge:44-restart-1",
    labels: { task: "3", restart: "1" },
  },
  {
    name: "PBS Pro, a task of an array",
    variables: { PBS_JOBID: "1234[7].pbs01", PBS_ARRAY_INDEX: "7", PBS_ARRAY_ID: "1234[].pbs01" },
    job: "1234[].pbs01",
    run: "pbs:1234[].pbs01",
    labels: { task: "7" },
  },
  {
    name: "Torque, a task of an array of an old one",
    variables: { PBS_JOBID: "99-12.head.example.org", PBS_ARRAYID: "12" },
    job: "99.head.example.org",
    run: "pbs:99.head.example.org",
    labels: { task: "12" },
  },
  {
    name: "Torque, a host with a dash",
    variables: { PBS_JOBID: "99.head-1.example.org" },
    job: "99.head-1.example.org",
    run: "pbs:99.head-1.example.org",
    labels: {},
  },
  {
    name: "LSF, a task of an array, migrated",
    variables: { LSB_JOBID: "5150", LSB_JOBINDEX: "4", LSB_RESTART: "Y" },
    job: "5150",
    run: "lsf:5150-restart-1",
    labels: { task: "4", restart: "1" },
  },
  {
    name: "LSF, a job that is no array, and jsrun",
    variables: {
      LSB_JOBID: "5151",
      LSB_JOBINDEX: "0",
      JSM_NAMESPACE_RANK: "5",
      JSM_NAMESPACE_LOCAL_RANK: "1",
      JSM_NAMESPACE_SIZE: "8",
    },
    job: "5151",
    run: "lsf:5151",
    labels: { rank: "5", "local-rank": "1", world: "8" },
  },
  {
    name: "Flux, inside of a Slurm job",
    variables: {
      FLUX_JOB_ID: "ƒ2dSXyz",
      FLUX_TASK_RANK: "1",
      FLUX_TASK_LOCAL_ID: "1",
      FLUX_JOB_SIZE: "2",
      FLUX_JOB_CC: "9",
      SLURM_JOB_ID: "7",
    },
    job: "ƒ2dSXyz",
    run: "flux:2dSXyz",
    labels: { rank: "1", "local-rank": "1", world: "2", task: "9" },
  },
  {
    name: "HTCondor",
    variables: { _CONDOR_SCRATCH_DIR: "/var/lib/condor/execute/dir_1" },
    file: {
      variable: "_CONDOR_JOB_AD",
      text: 'Arguments = "1"\nClusterId = 21\nNumJobStarts = 1\nProcId = 3\nGlobalJobId = "head#21.3#1700000000"\n',
    },
    needsLauncher: true,
    job: "21",
    run: "condor:21-restart-1",
    labels: { task: "3", restart: "1" },
  },
  {
    name: "Open MPI 4, inside of a PBS job",
    variables: {
      PBS_JOBID: "8.host",
      OMPI_MCA_ess_base_jobid: "873332737",
      PMIX_NAMESPACE: "873332737",
      PMIX_RANK: "2",
      OMPI_COMM_WORLD_RANK: "2",
      OMPI_COMM_WORLD_LOCAL_RANK: "0",
      OMPI_COMM_WORLD_SIZE: "4",
    },
    job: "8.host",
    run: "pbs:8.host",
    labels: { rank: "2", "local-rank": "0", world: "4" },
  },
  {
    name: "Open MPI 5",
    variables: { PMIX_NAMESPACE: "prterun-node1-4711@1", PMIX_RANK: "1", OMPI_COMM_WORLD_SIZE: "2" },
    job: "prterun-node1-4711@1",
    run: "pmix:prterun-node1-4711@1",
    labels: { rank: "1", world: "2" },
  },
  {
    name: "GNU parallel",
    variables: { PARALLEL_PID: "4711", PARALLEL_SEQ: "12", PARALLEL_JOBSLOT: "2" },
    job: "parallel:4711",
    run: "parallel:4711",
    labels: { task: "12" },
  },
];
