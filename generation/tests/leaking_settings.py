"""The settings of a site that says its secrets whenever something goes wrong, for tests in another process."""

from generation.tests.scripted_settings import *  # noqa: F403

ENGINES = {"leaking": {"BACKEND": "generation.tests.leaking_site.LeakingEngine"}}
GENERATION_ENGINE = "leaking"
ROOT_URLCONF = "generation.tests.leaking_site"
