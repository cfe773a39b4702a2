#pragma once

/** What `mlrun --help` prints. */
extern const char HELP[];
