#pragma once

/** How many processes there are to run for each processor, at least 1: this many times longer everything takes now. */
double machine_load(void);
