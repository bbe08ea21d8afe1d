"""The site's settings with the engines of the drills."""

import os

from generation.tests.torture import engines, scale
from generation.tests.torture.small_disk import FULL_VARIABLE
from musicgen.settings import *  # noqa: F403
from musicgen.settings import STORAGES

ENGINES = engines.ENGINES
RENDITION_GRACE_SECONDS = scale.RENDITION_GRACE_SECONDS
if FULL_VARIABLE in os.environ:
    STORAGES["local"]["BACKEND"] = "generation.tests.torture.full_storage.RefusingAudioStorage"
