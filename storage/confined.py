"""The child's side of `storage.child`: takes rights and room away from this process, then runs one module in it.

Started as ``python -I -B -m storage.confined MODULE MEMORY_BYTES CPU_SECONDS FILE_BYTES``. Nothing but the standard
library may be imported before the limits stand.
"""

import os
import runpy
import sys

OUT_OF_MEMORY = 71
"""The exit code of a child that asked for more memory than it has."""

OPEN_FILES = 64


def confine(memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Set this process's limits, for good. Where the system knows none (Windows), the caller's clock is the limit."""
    if sys.platform == "win32":
        return
    import resource

    for what, soft, hard in (
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),  # SIGXCPU first: it says why
        (resource.RLIMIT_FSIZE, file_bytes, file_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        allowed = resource.getrlimit(what)[1]
        if allowed == resource.RLIM_INFINITY:
            allowed = hard
        try:
            resource.setrlimit(what, (min(soft, allowed), min(hard, allowed)))
        except ValueError:
            if sys.platform != "darwin":  # macOS has the name RLIMIT_AS, and refuses to set it
                raise


def main() -> None:
    module, memory_bytes, cpu_seconds, file_bytes = sys.argv[1:]
    confine(int(memory_bytes), int(cpu_seconds), int(file_bytes))
    try:
        runpy.run_module(module, run_name="__main__")
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # an orderly end would ask for memory again


if __name__ == "__main__":
    main()
