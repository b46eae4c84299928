"""A worker whose Python has no DuckDB."""

import sys

from storage.sources import serving

if __name__ == "__main__":
    sys.modules["duckdb"] = None  # type: ignore[assignment]  # how Python marks what cannot be imported
    serving.main()
