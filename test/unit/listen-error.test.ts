import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { listening, reachableHost } from "../../src/host/listen-error.ts";

function failing(code: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(`listen ${code}`), { code }));
}

describe("a listener that cannot start", () => {
  const https = { host: "0.0.0.0", port: 443 };
  test.each([
    ["EACCES", https, "Cannot listen on 0.0.0.0:443 (web): EACCES: ports below 1024 need a right"],
    ["EADDRINUSE", https, "another program listens there (`ss -lntup` shows it): stop it, or change web"],
    [
      "EADDRNOTAVAIL",
      { host: "::5", port: 8514 },
      "Cannot listen on [::5]:8514 (web): EADDRNOTAVAIL: this machine has",
    ],
    ["ENOENT", { path: "/none/m.sock" }, "Cannot listen on unix:/none/m.sock (web): ENOENT: its folder must exist"],
    ["EMFILE", https, "listen EMFILE"],
  ])("advises what to do about %s", async (code, at, message) => {
    await expect(listening(failing(code), { key: "web", at })).rejects.toThrow(message);
  });
});

test.each([
  ["0.0.0.0", hostname()],
  ["::", hostname()],
  ["::1", "[::1]"],
  ["192.0.2.1", "192.0.2.1"],
])("%s is opened in a browser as %s", (host, shown) => {
  expect(reachableHost(host)).toBe(shown);
});
