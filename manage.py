#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured

from musicgen.loading import without_garbage_collection


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicgen.settings")
    try:
        with without_garbage_collection():
            from django.core.management import execute_from_command_line

            django.setup()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"The configuration cannot work: {error}")


if __name__ == "__main__":
    main()
