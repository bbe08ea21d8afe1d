"""The one error that leaves the storage room."""

from musicgen.scrubbing import scrubbed

from .hints import hint_for

_AWAY = "The place where music is kept cannot be used at the moment. Try again in a few minutes."
_FULL = "The place where music is kept is full. Try again once the operator of this site has made room."
_REFUSING = "The place where music is kept refuses this site. Try again once the operator has set that right."
_FULL_CODES = ("bucket_full", "disk_full")


class StorageError(Exception):
    """Audio could not be stored, read or removed.

    `code` is a word for programs (`access_denied`, `no_such_bucket`, `unreachable`, `not_writable`, …), `problem` a
    sentence for the operator that may name hosts, buckets and folders, `hint` one that says what to do about it
    (`storage.hints`; empty where nobody knows), and `message` is both. `retryable` says whether the same call may
    succeed a little later, though nobody has done anything about it. `case` and `names` choose and fill in the hint.
    """

    def __init__(
        self, code: str, problem: str, retryable: bool = False, *, case: str = "", **names: str
    ) -> None:
        self.code = code
        self.case = case
        self.problem = scrubbed(problem)  # services repeat what they were sent
        self.hint = hint_for(code, case, names)
        self.message = f"{self.problem} {self.hint}".rstrip()
        self.retryable = retryable
        super().__init__(self.message)

    @property
    def is_full(self) -> bool:
        """Whether there is no room: then it fails for everything, until somebody makes some."""
        return self.code in _FULL_CODES

    @property
    def may_pass(self) -> bool:
        """Whether it is worth a minute's wait: also where the place is full, for others make room all the time."""
        return self.retryable or self.is_full

    @property
    def public(self) -> str:
        """What went wrong and what to do, for anyone: it names nothing of how this site is built."""
        if self.retryable:
            return _AWAY
        return _FULL if self.is_full else _REFUSING


class NotSupported(StorageError):
    """A service has no call for what was asked of it."""
