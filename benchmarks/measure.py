"""Run a command and print its cost as JSON.

This is a process of its own because the operating system counts the memory of the process that
starts a command as memory of the command. Therefore that process must be small.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    started = time.perf_counter()
    process = subprocess.Popen(
        sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
    )
    assert process.stderr is not None
    errors = process.stderr.read().strip().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    cost = {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "megabytes": usage.ru_maxrss / 1024,
        "problem": (errors or ["failed"])[-1] if status else "",
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
