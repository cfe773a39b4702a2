#!/usr/bin/env node
import { refuseOldNode } from "./node-floor.ts";

// As for a configuration that is no good: it is not started again by itself.
refuseOldNode("mlcollector", 2);
void import("./mlcollector-main.ts");
