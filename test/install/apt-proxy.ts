import { once } from "node:events";
import { createServer, request } from "node:http";
import { afterwards } from "../support/cleanup.ts";

/** A proxy for apt(8) on hosts whose network reaches only this machine. Returns its port. */
export async function startAptProxy(host: string): Promise<number> {
  const server = createServer((asked, answer) => {
    const forward = request(asked.url ?? "", { method: asked.method, headers: asked.headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      found.pipe(answer);
    });
    forward.once("error", (error) => {
      if (!answer.headersSent) answer.writeHead(502);
      answer.end(String(error));
    });
    asked.pipe(forward);
  });
  server.listen(0, host);
  await once(server, "listening");
  afterwards(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return address.port;
}
