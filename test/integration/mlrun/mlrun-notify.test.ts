import { createHmac } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { startDumpRelay } from "../../support/dump-relay.ts";
import { cleanEnvironment, mlrun } from "../../support/mlrun.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const ID = "01JCABCDEFGHJKMNPQRSTVWXYZ";

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that answers with these statuses, the last one again and again. Undefined: it does not answer. */
async function receiver(
  ...statuses: readonly (number | undefined)[]
): Promise<{ url: string; got: Got[]; server: Server }> {
  const got: Got[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const status = statuses[Math.min(got.length, statuses.length - 1)];
    got.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    if (status !== undefined) response.writeHead(status, { location: "/elsewhere" }).end("x".repeat(100_000));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?a=b`, got, server };
}

interface Place {
  readonly home: string;
  readonly spool: string;
  readonly env: NodeJS.ProcessEnv;
}

/** @param settings Lines of mlrun.toml. */
async function place(settings = "", secret?: string, mode = 0o600): Promise<Place> {
  const relay = await startDumpRelay();
  const home = await tempFolder();
  const spool = join(home, "spool");
  const config = join(home, "mlrun.toml");
  await writeFile(config, settings);
  await mkdir(join(home, ".config/marcologger"), { recursive: true });
  if (secret !== undefined) await writeFile(join(home, ".config/marcologger/notify-secret"), secret, { mode });
  const names = { MLRUN_RUN_DIR: relay.runDir, MLRUN_SPOOL_DIR: spool, MLRUN_CONFIG: config, HOME: home };
  return { home, spool, env: cleanEnvironment(names) };
}

const spooled = (spool: string) => readdir(spool).catch(() => []);

describe("--notify", () => {
  test("posts how the command ended, signed, with a link", async () => {
    const { url, got } = await receiver(204);
    const { env, spool } = await place('viewer = "https://logs.example.org/"\n', "geheim\nmore\n");
    const words = [
      "--id",
      ID,
      "--job",
      "nightly",
      "--run",
      "r1",
      "--notify",
      url,
      "--",
      "sh",
      "-c",
      "echo a; echo b >&2; exit 3",
    ];
    expect(await mlrun(words, { env })).toMatchObject({ code: 3, stdout: "a\n", stderr: "b\n" });
    const [{ headers, body }] = await poll("the notification", () => got.length > 0 && ([...got] as [Got, ...Got[]]));
    const said = JSON.parse(body);
    expect(said).toMatchObject({ v: 1, x: ID, job: "nightly", run: "r1", state: "failed", code: 3, signal: null });
    expect(said).toMatchObject({ lines: { stdout: 1, stderr: 1 }, link: `https://logs.example.org/?x=${ID}` });
    expect(said.durationMs).toBeGreaterThanOrEqual(0);
    const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["x-marcologger-signature"])) ?? [];
    expect(signature).toBe(createHmac("sha256", "geheim").update(`${seconds}.${body}`).digest("hex"));
    await poll("an empty spool", async () => (await spooled(spool)).length === 0);
    expect(got).toHaveLength(1);
  });

  test("says what --timeout did, and is not signed without a secret", async () => {
    const { url, got } = await receiver(200);
    const { env } = await place();
    await mlrun(["--notify", url, "--timeout", "0.2s", "--", "sleep", "1000"], { env });
    await poll("the notification", () => got.length > 0);
    expect(JSON.parse(got[0]?.body ?? "")).toMatchObject({ state: "failed", code: 124, timeoutMs: 200 });
    expect(got[0]?.headers).not.toHaveProperty("x-marcologger-signature");
  });

  test("does not sign by a secret that others can read, and says so", async () => {
    const { url, got } = await receiver(200);
    const { env } = await place("", "geheim\n", 0o644);
    const { stderr, code } = await mlrun(["--notify", url, "--", "true"], { env });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^mlrun: The notification is not signed: .*notify-secret is not used: others can read it; chmod 600/,
    );
    await poll("the notification", () => got.length > 0);
    expect(got[0]?.headers).not.toHaveProperty("x-marcologger-signature");
  });

  test.each([
    ["does not answer, which delays nobody", [undefined]],
    ["is out of order", [503, 200]],
  ])("waits in the spool while its receiver %s, and goes with the next flush", async (_, statuses) => {
    const { url, got, server } = await receiver(...statuses);
    const { env, spool } = await place();
    expect(await mlrun(["--notify", url, "--", "true"], { env })).toMatchObject({ code: 0, stderr: "" });
    await poll("the first attempt", () => got.length > 0);
    if (statuses.length === 1) server.closeAllConnections();
    await poll("the notification in the spool", async () =>
      (await spooled(spool)).some((name) => name.endsWith(".notify")),
    );
    if (statuses.length === 1) return;
    const flushed = await mlrun(["--flush"], { env });
    expect(flushed).toMatchObject({ code: 0, stdout: "mlrun: 1 delivered, 0 waiting\n" });
    expect(got.map(({ body }) => body)).toEqual([got[0]?.body, got[0]?.body]);
    expect(await spooled(spool)).toEqual([]);
  });

  test.each([302, 404])("is given up when its receiver answers with %i; no redirect is followed", async (status) => {
    const { url, got } = await receiver(status);
    const { env, spool } = await place();
    await mlrun(["--notify", url, "--", "true"], { env });
    await poll("an empty spool", async () => got.length > 0 && (await spooled(spool)).length === 0);
    expect(got).toHaveLength(1);
  });
});
