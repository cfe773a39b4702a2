import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Address, FIELDS, isLoopback } from "../../host/config-fields.ts";
import { isMissing } from "../../host/is-missing.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { CtlError } from "../command.ts";

/** Arguments that relay-config and relay-replay share. */
interface RelayArguments {
  readonly collector: Address;
  readonly node: string;
  /** As given; undefined: unencrypted. */
  readonly pki: string | undefined;
}

/** Checks them. Throws `UsageError`. */
export function checkRelayArguments(values: {
  readonly collector?: string | undefined;
  readonly node?: string | undefined;
  readonly pki?: string | undefined;
  readonly insecure: boolean;
}): RelayArguments {
  const { node, pki, insecure } = values;
  const collector = parseCollector(values.collector);
  if (node === undefined) throw new UsageError("--node is missing");
  if (pki === undefined && !insecure) throw new UsageError("--pki is missing (or --insecure, for trials)");
  if (pki !== undefined && insecure) throw new UsageError("--pki and --insecure contradict each other");
  if (insecure && !isLoopback(collector.host)) {
    throw new UsageError(`--insecure is for a collector on this machine, not for ${collector.host}`);
  }
  return { collector, node, pki };
}

/** A missing file would otherwise cause an obscure message later. Does not check whether the relay may read them. */
export async function requireCertificates(pki: string, node: string): Promise<void> {
  for (const name of ["ca.crt", `${node}.crt`, `${node}.key`]) {
    try {
      await stat(join(pki, name));
    } catch (error) {
      if (!isMissing(error)) return;
      const remedy =
        name === "ca.crt"
          ? "copy it from the authority's folder, where `mlctl pki init` made it"
          : `\`mlctl pki issue ${node} --dir DIR\` makes it where the authority is`;
      throw new CtlError(`Cannot find ${join(pki, name)}: ${remedy}`);
    }
  }
}

function parseCollector(text: string | undefined): Address {
  if (text === undefined) throw new UsageError("--collector is missing");
  const address = FIELDS.address.parse(text);
  if (address !== undefined && address.port > 0) return address;
  throw new UsageError(`--collector must be ${FIELDS.address.expected}, not ${JSON.stringify(text)}`);
}
