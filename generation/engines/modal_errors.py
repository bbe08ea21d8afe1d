"""What Modal raises, translated into sentences: one for the person who asked for music, one for the operator."""

from typing import Final

from generation.diffusion.errors import ModelUnavailable
from generation.engines.base import (
    ENGINE_TIMEOUT,
    ENGINE_UNAVAILABLE,
    INTERNAL,
    OUT_OF_MEMORY,
    EngineError,
    Unreachable,
)
from generation.engines.modal_commands import DEPLOY

AWAY: Final = "The GPU service cannot be reached at the moment."
NOT_SET_UP: Final = "The GPU service is not set up right. Tell the operator, or choose another engine."
NO_ROOM: Final = "The GPU had too little memory for this. Try a shorter duration."
FAILED: Final = "The GPU service could not make this. Try again."
MAX_SAID = 300


class NotDeployed(EngineError):
    """There is no such app at Modal."""


def refusal(error: BaseException, app_name: str) -> EngineError | None:
    """What it means that Modal did not do what was asked; None where the error is no answer of Modal's own."""
    from modal import exception as modal

    if isinstance(error, (modal.AuthError, modal.PermissionDeniedError)):
        return EngineError(
            ENGINE_UNAVAILABLE,
            NOT_SET_UP,
            retryable=True,
            detail=f"Modal does not take the token ({said(error)}). Set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET to "
            "one of your workspace that has not expired: “modal token new” makes one.",
        )
    if isinstance(error, modal.NotFoundError):
        return NotDeployed(
            ENGINE_UNAVAILABLE,
            NOT_SET_UP,
            retryable=True,
            detail=f"There is no app “{app_name}” at Modal ({said(error)}). Deploy it with “{DEPLOY}”, or set "
            "MODAL_APP_NAME and MODAL_ENVIRONMENT to where it is.",
        )
    if isinstance(error, modal.ResourceExhaustedError):
        return EngineError(
            ENGINE_UNAVAILABLE,
            "The GPU service takes no more work at the moment. Try again later, or choose another engine.",
            retryable=True,
            detail=f"Modal takes no more work ({said(error)}). Look at the workspace's limits and billing there.",
        )
    return away(error) if _is_away(error) else None


def away(error: BaseException) -> Unreachable:
    """What it means that Modal gives no answer, or none in time."""
    return Unreachable(AWAY, detail=f"Modal cannot be reached ({said(error)}).")


def _is_away(error: BaseException) -> bool:
    import aiohttp
    import grpclib
    from grpclib.exceptions import StreamTerminatedError
    from modal import exception as modal
    from modal._utils.grpc_utils import RetryTimeoutError

    if isinstance(error, modal.ExecutionError):  # the result is there, the storage that keeps it is not
        return str(error).startswith("Get from url failed with status 5")
    return isinstance(
        error,
        (
            modal.ConnectionError,
            modal.ServiceError,
            modal.InternalError,
            modal.ClientClosed,
            RetryTimeoutError,
            StreamTerminatedError,
            aiohttp.ClientError,
        ),
    ) or (isinstance(error, grpclib.GRPCError) and not isinstance(error, modal.Error))


def ending(error: BaseException) -> EngineError:
    """What it means that a call ended with this instead of a song."""
    from modal import exception as modal

    text = said(error)
    if isinstance(error, ModelUnavailable):  # raised by a container that starts
        return EngineError(ENGINE_UNAVAILABLE, NOT_SET_UP, retryable=False, detail=str(error))
    if isinstance(error, modal.OutputExpiredError):
        return _failure(ENGINE_UNAVAILABLE, "Modal no longer keeps the result of this call.")
    if isinstance(error, modal.NotFoundError):
        return _failure(ENGINE_UNAVAILABLE, f"Modal does not know this call ({text}).")
    if isinstance(error, modal.InputCancellation):
        return _failure(ENGINE_UNAVAILABLE, "The call was canceled at Modal.")
    if isinstance(error, modal.TimeoutError):
        return EngineError(
            ENGINE_TIMEOUT,
            "Making this took longer than the GPU service allows. Try a shorter duration.",
            retryable=False,
            detail=f"The call ran into the app's timeout ({text}). Raise it where the app is defined.",
        )
    if isinstance(error, MemoryError) or "out of memory" in text.lower() or "OutOfMemory" in text:
        return EngineError(
            OUT_OF_MEMORY,
            NO_ROOM,
            retryable=True,
            detail=f"The GPU or its container ran out of memory ({text}). Deploy on a larger one, or do less at once.",
        )
    if isinstance(error, modal.RemoteError) and "start" in text.lower():
        return _failure(
            ENGINE_UNAVAILABLE,
            f"The container did not start ({text}). Look at “modal app logs”, or raise the app's startup timeout.",
        )
    if isinstance(error, modal.InternalFailure):
        return _failure(ENGINE_UNAVAILABLE, f"Modal lost the container ({text}).")
    return _failure(INTERNAL, f"The app failed: {type(error).__name__} ({text}). Look at “modal app logs”.")


def damaged(why: str, *, retryable: bool) -> EngineError:
    """What it means that a call gave something that is no song."""
    return EngineError(INTERNAL, FAILED, retryable=retryable, detail=why)


def slow_start(seconds: float) -> EngineError:
    """What it means that a container has not answered after so long."""
    return _failure(
        ENGINE_UNAVAILABLE,
        f"No container was ready after {seconds:g} s. Look at “modal app logs”: the first start downloads the model.",
    )


def said(error: BaseException) -> str:
    """What an error says, in one line, the end of it where that is long: there a traceback says what happened."""
    text = " ".join(str(error).split())
    return (f"…{text[-MAX_SAID:]}" if len(text) > MAX_SAID else text) or type(error).__name__


def _failure(code: str, detail: str) -> EngineError:
    return EngineError(code, FAILED, retryable=True, detail=detail)
