"""The command `satchel`, also `python -m server`."""

import gc
import os


def main() -> None:
    """Run the command line. Collecting garbage while hundreds of modules load finds nothing and costs a tenth of the
    start; one BLAS thread answers a small search sooner than two that wait for each other."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    gc.disable()
    from server.cli import run

    run()


if __name__ == "__main__":
    main()
