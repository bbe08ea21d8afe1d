"""What the errors of models mean to those who ask for music. Free of Django, of torch and of the composer."""

from generation.diffusion.errors import DiffusionError, ModelUnavailable, OutOfMemory, UnfitRequest
from generation.engines.base import CONTENT_REJECTED, ENGINE_UNAVAILABLE, INTERNAL, OUT_OF_MEMORY
from generation.engines.parcel import Refusal

# What keeps a model from being loaded is for the operator: it names folders of the machine, and commands.
NOT_READY = "The model of this engine is not set up right. Tell the operator, or choose another engine."


def refusal(error: DiffusionError) -> Refusal:
    """The error as an answer. The same order would fail again, on this GPU and with these weights."""
    if isinstance(error, UnfitRequest):
        return Refusal(CONTENT_REJECTED, str(error), retryable=False)
    if isinstance(error, OutOfMemory):
        return Refusal(OUT_OF_MEMORY, str(error), retryable=False)
    if isinstance(error, ModelUnavailable):
        return Refusal(ENGINE_UNAVAILABLE, NOT_READY, retryable=False)
    return Refusal(INTERNAL, str(error), retryable=False)
