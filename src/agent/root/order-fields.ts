import type { OrderOf } from "../../wire/fleet/order.ts";

const MS_PER_SECOND = 1_000;

/** Input of `mlrun --order-fd` (`launcher/order.h`): NUL-terminated fields; the last one proves that none was cut off. */
export function orderFields(
  order: OrderOf<"run">,
  node: { readonly x: string; readonly runDir: string; readonly stopFile: string },
): string {
  const { run, job, cwd, env, argv, seconds, killAfterSeconds } = order;
  const killAfterMs = killAfterSeconds * MS_PER_SECOND;
  const limit = seconds === 0 ? [] : [`timeout-ms=${seconds * MS_PER_SECOND}`, `kill-after-ms=${killAfterMs}`];
  const fields = [
    `id=${node.x}`,
    `run=${run}`,
    ...(job === "" ? [] : [`job=${job}`]),
    `cwd=${cwd}`,
    `run-dir=${node.runDir}`,
    `stop-file=${node.stopFile}`,
    ...limit,
    ...env.map((one) => `env=${one}`),
    ...argv.map((one) => `arg=${one}`),
    "end=",
  ];
  return fields.map((field) => `${field}\0`).join("");
}
