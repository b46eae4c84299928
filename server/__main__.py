"""The command `satchel`, also `python -m server`."""

import gc
import os
import sys

ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # one thread answers a small search sooner than two that wait for each other
    "OMP_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime would report to its maker; nothing leaves this machine unasked
    "LANCEDB_LOG": "error",  # its other lines are no JSON
}
LONG_WORK = "ingest"
NICENESS = 10


def _give_way() -> None:
    """Let a server on the same machine, which people wait for, have the processor first."""
    if sys.argv[1:2] == [LONG_WORK] and hasattr(os, "nice"):
        os.nice(NICENESS)


def main() -> None:
    """Run the command line. Collecting garbage while hundreds of modules load finds nothing and costs a tenth of the
    start."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    gc.disable()
    _give_way()
    from server.cli.commands import run

    run()


if __name__ == "__main__":
    main()
