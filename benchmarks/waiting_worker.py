"""`qcluster` without a follower: each of its workers waits for the call that it has started, as it would by itself."""

import django
from django.core.management import call_command

from generation import parking


def main() -> None:
    """Run it."""
    parking.begin = lambda bell: None  # so that nobody parks
    call_command("qcluster")


if __name__ == "__main__":
    django.setup()
    main()
