from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GenerationConfig(AppConfig):
    name = "generation"
    verbose_name = "Music"

    def ready(self) -> None:
        from generation import checks  # noqa: F401  registers them
        from generation.models import sign_ups  # noqa: F401  connects its receiver
        from generation.models.search_index import make_index

        post_migrate.connect(make_index, sender=self)
