import type { BenchTls } from "./bench-tls.ts";

/**
 * The anchor: rsyslogd as a user would set it up instead. `@WORK@` and `@PORT@` are filled in for each
 * run.
 */
const ANCHORS = {
  /** Receiver: RELP in, one file an execution (APP-NAME) out, through a queue of its own. */
  "imrelp-omfile": `
global(workDirectory="@WORK@" maxMessageSize="64k")
module(load="imrelp")
template(name="file" type="string" string="@WORK@/store/%app-name%.log")
template(name="line" type="string" string="%timestamp:::date-rfc3339% %hostname% %app-name% %procid% %msgid% %structured-data% %msg%\\n")
input(type="imrelp" port="@PORT@" ruleset="store" maxDataSize="70k"@TLS@)
ruleset(name="store" queue.type="LinkedList" queue.size="600000" queue.dequeueBatchSize="1024") {
  action(type="omfile" dynafile="file" dynaFileCacheSize="2000" template="line" ioBufferSize="64k" flushOnTXEnd="on")
}
`,
  /** Sender: a unix stream socket in, RELP out. */
  "imptcp-omrelp": `
global(workDirectory="@WORK@" maxMessageSize="64k")
module(load="imptcp")
module(load="omrelp")
input(type="imptcp" Path="@WORK@/lines.sock" unlink="on" FileCreateMode="0666" ruleset="forward" SupportOctetCountedFraming="on")
template(name="wire" type="string" string="<%pri%>1 %timestamp:::date-rfc3339% %hostname% %app-name% %procid% %msgid% %structured-data% %msg%")
ruleset(name="forward" queue.type="LinkedList" queue.size="1000000" queue.dequeueBatchSize="1024") {
  action(type="omrelp" target="127.0.0.1" port="@PORT@" template="wire" windowSize="10000")
}
`,
} as const;

export function anchorConfig(
  name: keyof typeof ANCHORS,
  values: { readonly work: string; readonly port: number; readonly tls?: BenchTls | undefined },
): string {
  const { work, port, tls } = values;
  const text = ANCHORS[name].replaceAll("@WORK@", work).replaceAll("@PORT@", String(port));
  return text.replace("@TLS@", tls === undefined ? "" : receiverTls(tls));
}

function receiverTls({ pki, node }: BenchTls): string {
  const files = `tls.caCert="${pki}/ca.crt" tls.myCert="${pki}/collector.crt" tls.myPrivKey="${pki}/collector.key"`;
  return ` tls="on" ${files} tls.authMode="name" tls.permittedPeer=["${node}"]`;
}
