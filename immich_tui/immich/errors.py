"""What can go wrong at the server's edge, told so that a person can act on it.

Every error carries a sentence, a next step and three facts that callers decide by: whether trying again may
help, how long the server asked us to wait, and whether a write may have happened although its answer is lost.
Texts of the server are quoted in them only after `quoted`.
"""

from __future__ import annotations

from typing import ClassVar, Final

QUOTE_LIMIT: Final = 300


def quoted(text: str) -> str:
    """A server's text as part of a sentence: one short line without anything that a terminal would obey."""
    line = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(line.split())
    return line if len(line) <= QUOTE_LIMIT else line[: QUOTE_LIMIT - 1] + "…"


class ImmichError(Exception):
    """Something that the server, the network or the address did. `str()` is the sentence and the next step.

    `retry_after` is in seconds and bounded. `may_have_happened` is only ever true for writes: the state has
    to be read back before the call is repeated.
    """

    transient: bool = False

    def __init__(
        self,
        sentence: str,
        next_step: str = "",
        *,
        transient: bool | None = None,
        retry_after: float | None = None,
        may_have_happened: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.next_step = next_step
        if transient is not None:
            self.transient = transient
        self.retry_after = retry_after
        self.may_have_happened = may_have_happened

    def __str__(self) -> str:
        return f"{self.sentence} {self.next_step}".rstrip()


class WrongAddress(ImmichError):
    """What answers there is not an Immich API: a mistyped URL, a web page, another service."""


class Unauthorized(ImmichError):
    """401: the server does not accept the API key."""


class PermissionMissing(ImmichError):
    """403: the API key lacks `permission`, named as Immich names it (`asset.delete`)."""

    def __init__(self, permission: str) -> None:
        super().__init__(
            f"The API key lacks the permission {permission}.",
            "Add it to the key in Immich: Account settings, API keys.",
        )
        self.permission = permission


class Rejected(ImmichError):
    """Another 4xx: the server understood and refused. `message` is its reason, `status` the HTTP status."""

    def __init__(self, message: str, status: int, next_step: str = "") -> None:
        super().__init__(f"The server refused the request ({status}): {message}", next_step)
        self.message = message
        self.status = status


class NotFoundOrNoAccess(Rejected):
    """400 `Not found or no <permission> access`: an id is unknown, purged, foreign or locked.

    In a call with several ids one such id refuses them all and none was touched.
    """

    transient: bool = False

    def __init__(self, message: str, permission: str) -> None:
        super().__init__(message, 400)
        self.sentence = (
            f"The server does not know one of the assets, or gives this key no {permission} access to it."
        )
        self.next_step = "It may have been deleted, moved to the locked folder, or belong to someone else."
        self.permission = permission


class RangeRefused(Rejected):
    """The rest of an original cannot be had from where we asked: start over. `total` is its size if told."""

    def __init__(self, message: str, status: int, total: int | None) -> None:
        super().__init__(message, status)
        self.total = total


class RouteMissing(ImmichError):
    """404 `Cannot GET …`: this server has no such call; it is too old, or the address is not quite right."""


class Gone(ImmichError):
    """404 of a picture or original: missing, or not ours to read. No proof that the asset is gone."""


class Maintenance(ImmichError):
    """The server is in maintenance mode, where every other call is answered 404."""

    transient: bool = True


class Busy(ImmichError):
    """429, 502, 503, 504: the server, or a proxy before it, cannot answer now."""

    transient: bool = True


class ServerFault(ImmichError):
    """Another 5xx: the server failed. `status` is the HTTP status."""

    transient: bool = True

    def __init__(
        self, message: str, status: int, next_step: str = "", *, may_have_happened: bool = False
    ) -> None:
        super().__init__(
            f"The server failed ({status}): {message}", next_step, may_have_happened=may_have_happened
        )
        self.status = status


class TimedOut(ImmichError):
    """No answer, or one so slow that it counts as none."""

    transient: bool = True


class Unreachable(ImmichError):
    """No connection, or one that broke: name not known, refused, reset, cut."""

    transient: bool = True


class TlsProblem(ImmichError):
    """TLS does not come about; with `certificate` set, because the server's certificate cannot be trusted."""

    CA_HINT: ClassVar[str] = "If the server uses a certificate of your own, give its CA with --ca-file."

    def __init__(self, sentence: str, next_step: str, *, certificate: bool = True) -> None:
        super().__init__(sentence, next_step)
        self.certificate = certificate


class BadAnswer(ImmichError):
    """An answer that is not what this call answers: not JSON, another shape, cut, wrongly encoded."""


class Redirected(ImmichError):
    """The server points elsewhere. The key is not sent there. `location` is where it points, as text."""

    def __init__(self, sentence: str, next_step: str, location: str) -> None:
        super().__init__(sentence, next_step)
        self.location = location
