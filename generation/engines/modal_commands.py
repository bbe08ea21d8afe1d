"""What a person types to have the app at Modal, for the sentences that say how to go on."""

from typing import Final

from generation.diffusion.catalog import ACE_STEP

APP_NAME: Final = "musicgen"
DEPLOY: Final = "modal deploy generation/engines/modal_app.py"
DOWNLOAD: Final = "modal run generation/engines/modal_app.py::download"


def deploy_command(app_name: str, model: str, *, revision: str = "", planner: bool = True) -> str:
    """The command that deploys a model, of `revision` alone if there is one, with all variables that it needs."""
    return _with_variables(DEPLOY, app_name, model, revision, planner)


def download_command(app_name: str, model: str) -> str:
    """The command that downloads a model, with all variables that it needs."""
    return _with_variables(DOWNLOAD, app_name, model)


def _with_variables(command: str, app_name: str, model: str, revision: str = "", planner: bool = True) -> str:
    """The command behind the variables that are not what they are by themselves."""
    variables = {
        "MODAL_APP_NAME": app_name if app_name != APP_NAME else "",
        "MODAL_MODEL": model if model != ACE_STEP.name else "",
        "MODAL_PLANNER": "" if planner else "off",
        "MODAL_REVISION": revision,
    }
    return " ".join([*(f"{name}={value}" for name, value in variables.items() if value), command])
