import { parentPort, workerData } from "node:worker_threads";
import { FleetServer } from "./fleet-server.ts";
import type { ToThread } from "./messages.ts";

// Worker threads pass errors of other classes, such as SqliteError, without their message: rethrow as a plain Error.
process.on("uncaughtException", ({ message, stack = message }) => {
  throw Object.assign(new Error(message), { stack });
});

if (parentPort !== null) {
  const server = new FleetServer(parentPort, workerData);
  parentPort.on("message", (message: ToThread) => server.take(message));
}
