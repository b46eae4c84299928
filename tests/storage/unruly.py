"""A module for a limited child: does what its input says, badly."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


def main() -> None:
    word, _, rest = sys.stdin.buffer.readline().rstrip(b"\n").partition(b" ")
    match word:
        case b"echo":
            sys.stdout.buffer.write(rest + sys.stdin.buffer.read())
        case b"environment":
            sys.stdout.write(" ".join(sorted(os.environ)))
        case b"write":
            with suppress(OSError), Path(os.fsdecode(rest)).open("wb", buffering=0) as file:
                file.write(b"x")
        case b"loop":
            while True:
                pass
        case b"eat":
            held = [bytearray(1 << 20)]
            while True:
                held.append(bytearray(1 << 20))
        case b"babble":
            while True:
                sys.stdout.buffer.write(b"x" * 65_536)
        case b"fall":
            os.abort()
        case b"breed":
            sys.stdout.write(str(os.getpid()))
            sys.stdout.flush()
            subprocess.run([sys.executable, "-c", "while True: pass"], check=False)
        case _:
            raise ValueError(word)


if __name__ == "__main__":
    main()
