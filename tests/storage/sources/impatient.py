"""A worker that waits for no job."""

from storage.sources import serving

if __name__ == "__main__":
    serving.IDLE_SECONDS = 0.0
    serving.main()
