#!/usr/bin/env node
import { refuseOldNode } from "./node-floor.ts";

refuseOldNode("mlctl", 1);
void import("./mlctl-main.ts");
