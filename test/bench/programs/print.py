"""Prints lines and says how long that took: print.py LINES RESULT_FILE"""
import sys
import time

lines, result = int(sys.argv[1]), sys.argv[2]
started = time.monotonic_ns()
for n in range(1, lines + 1):
    print(f"epoch 3 step {n} loss=0.1234 accuracy=0.9876 lr=0.001 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
sys.stdout.flush()
elapsed = time.monotonic_ns() - started
with open(result, "w") as file:
    file.write(str(elapsed))
