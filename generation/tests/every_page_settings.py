"""The settings of a site whose every page is looked at: two engines, and addresses at which it fails."""

from generation.tests.scripted_settings import *  # noqa: F403
from musicgen.settings import ENGINES as OWN_ENGINES

ENGINES = {**OWN_ENGINES, "scripted": {"BACKEND": "generation.engines.scripted.ScriptedEngine"}}
GENERATION_ENGINE = "composer"
ROOT_URLCONF = "generation.tests.every_page_urls"
