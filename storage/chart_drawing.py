"""The child's side of `storage.chart_image`: a Vega-Lite specification on standard input, a PNG on standard output.

V8 reserves 64 GiB of addresses, so the limit on them that a child has cannot be tight; what it really takes is limited
here: 0.6 GB of data segment and 0.11 GB of memory for a chart of 500 rows.
"""

import os
import sys

DATA_BYTES = 2 << 30
VERSION = "5.20"
"""Of Vega-Lite: the library's default is of the next major version, which the specifications are not written for."""
SCALE = 2


def main() -> None:
    answer = os.dup(1)
    os.dup2(2, 1)  # Vega's console writes to standard output
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES, DATA_BYTES))
    import vl_convert

    spec = sys.stdin.buffer.read().decode()
    image = vl_convert.vegalite_to_png(spec, vl_version=VERSION, scale=SCALE, allowed_base_urls=[])
    with os.fdopen(answer, "wb") as output:
        output.write(image)


if __name__ == "__main__":
    main()
