"""What can go wrong with an open model. Free of torch, so that the web process can import it."""


class DiffusionError(Exception):
    """A model could not be had, or could not make a song. The message is a sentence for a person."""


class ModelUnavailable(DiffusionError):
    """A model cannot be downloaded or loaded as things are here; the message says what to do."""


class NotDownloaded(ModelUnavailable):
    """The files of a model are not on this machine, and it was to be loaded without the network."""


class LicenceNotAccepted(ModelUnavailable):
    """The model is given only to those who have accepted its licence, and no such account was named."""


class NotConverted(ModelUnavailable):
    """The model is published in a layout of its own and has to be converted once."""


class SongError(DiffusionError):
    """One song could not be made; others of the same batch may have been."""


class UnfitRequest(SongError):
    """The request asks for what this model cannot make. Asking again changes nothing."""


class OutOfMemory(SongError):
    """The song did not fit into the memory of the device, even alone."""


class UnsoundSong(SongError):
    """The model made numbers that are no sound. Another seed may go well."""


class Interrupted(Exception):
    """The making was stopped because `should_stop` said so."""
