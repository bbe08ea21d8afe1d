"""How fast the storage signs and saves, against django-storages and bare boto3, in one run.

`make bench-storage`, or `python -m benchmarks.storage`. Linux; no network but this machine's own.
"""

from benchmarks import storage_saving, storage_signing


def main() -> None:
    """Measure and print everything."""
    storage_signing.report()
    storage_saving.report()


if __name__ == "__main__":
    main()
