"""`qcluster` without a follower: each of its workers waits for the call that it has started, as it would by itself."""

import django
from django.core.management import call_command

from generation.worker import follower_bell


def main() -> None:
    """Run it."""
    follower_bell.use = lambda bell: None  # so that nobody parks
    call_command("qcluster")


if __name__ == "__main__":
    django.setup()
    main()
