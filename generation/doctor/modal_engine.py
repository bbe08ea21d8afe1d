"""The examination of the engine at Modal: its token, its app and the versions on both sides, then a song."""

from dataclasses import dataclass

from generation.engines.modal import ModalEngine
from generation.engines.modal_commands import deploy_command, download_command
from generation.engines.parcel import VERSION

from .engine import Examination
from .steps import Outcome, Step, failed, ok, warning


@dataclass(slots=True)
class ModalExamination(Examination):
    engine: ModalEngine

    def steps(self) -> list[Step]:
        able, song = Examination.steps(self)
        return [
            able,
            Step("token", self._token, timed=False),
            Step("app", self._app, needs=("token",), timed=False),
            Step("versions", self._versions, needs=("app",), timed=False),
            Step(song.name, song.run, needs=("versions",), timed=False),
        ]

    def _token(self) -> Outcome:
        self.engine.hello()
        return ok("Modal knows it")

    def _app(self) -> Outcome:
        engine = self.engine
        gpus = engine.deployed_gpus()
        place = f" in “{engine.environment}”" if engine.environment else ""
        detail = f"“{engine.app_name}”{place}, on {' or '.join(gpus) or 'no GPU'}"
        if not gpus:
            return failed(detail, f"Give the app a GPU and deploy it again: {self._deploy_command()}")
        unpriced = [gpu for gpu in gpus if not engine.knows_price_of(gpu)]
        if unpriced:
            return warning(
                f"{detail}; the price of {', '.join(unpriced)} is not known",
                "Set it in MODAL_GPU_PRICES, so that it is known what jobs cost.",
            )
        return ok(detail)

    def _versions(self) -> Outcome:
        engine, there = self.engine, self.engine.health(self.limits.seconds)
        if there.get("parcel") != VERSION:
            return failed(
                f"the app speaks version {there.get('parcel')!r}, this site {VERSION}",
                f"Deploy the app again from this site's version: {self._deploy_command()}",
            )
        if there.get("model") not in (engine.model.name, engine.model.repo):
            return failed(
                f"the app runs {there.get('model')}, this site asks for {engine.model.name}",
                f"Set MODAL_MODEL to {there.get('model')}, or deploy the app for {engine.model.name}: "
                f"{self._deploy_command()}",
            )
        if not there.get("revision"):
            return failed(
                f"the app has no weights of {engine.model.title}",
                f"Have Modal download them once: {download_command(engine.app_name, engine.model.name)}",
            )
        newest = there.get("downloaded")
        if newest and newest != there.get("revision"):
            return warning(
                f"{there.get('model')} runs at {there.get('revision')}, and {newest} was downloaded last",
                f"To run that: {self._deploy_command(newest)}",
            )
        libraries = there.get("libraries")
        versions = " ".join(f"{name} {version}" for name, version in (libraries or {}).items())
        return ok(f"{there.get('model')} at {there.get('revision')}; {versions}".rstrip("; "))

    def _deploy_command(self, revision: str = "") -> str:
        return deploy_command(self.engine.app_name, self.engine.model.name, revision=revision)
