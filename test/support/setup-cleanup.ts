import { afterAll, afterEach, beforeEach } from "vitest";
import { closeCleanupLevel, openCleanupLevel } from "./cleanup.ts";

// Vitest loads this before each test file, so these hooks enclose the file's own.
beforeEach(openCleanupLevel);
afterEach(closeCleanupLevel);
afterAll(closeCleanupLevel);
