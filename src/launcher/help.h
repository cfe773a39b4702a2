#pragma once

/** The output of `mlrun --help`. */
extern const char HELP[];
