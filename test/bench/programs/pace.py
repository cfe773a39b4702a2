"""Prints lines of one length at a steady rate when a line comes on stdin, each beginning with the clock.

pace.py LINES_PER_SECOND LINES LINE_BYTES
"""
import os
import sys
import time

rate, lines, line_bytes = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
# At most a thousand writes a second: faster, and several lines go with one, as from any program that prints so much.
tick = max(1 / rate, 0.001)
# After a stall not everything comes at once.
most_at_once = max(1, int(rate * 0.02))
padding = b" " + b"x" * (line_bytes - 17) + b"\n"

sys.stdin.readline()
started = time.monotonic()
printed = 0
ticks = 0
while printed < lines:
    ticks += 1
    wait = started + ticks * tick - time.monotonic()
    if wait > 0:
        time.sleep(wait)
    due = min(lines, printed + most_at_once, round((time.monotonic() - started) * rate))
    if due <= printed:
        continue
    stamp = b"%016d" % (time.monotonic_ns() // 1000)
    block = (stamp + padding) * (due - printed)
    while block:
        block = block[os.write(1, block):]
    printed = due
