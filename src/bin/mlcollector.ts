#!/usr/bin/env node
import { refuseOldNode } from "./node-floor.ts";

// As for an invalid configuration: systemd does not restart it.
refuseOldNode("mlcollector", 2);
void import("./mlcollector-main.ts");
