from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "generation"
    verbose_name = "Music"

    def ready(self) -> None:
        from generation import checks  # noqa: F401  registers them
        from generation.models import sign_ups  # noqa: F401  connects its receiver
