"""How this server says no, in the wording of each version."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
}
UUID4 = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
_UUID_PATTERN = f"/^({UUID4.pattern})$/"


class Refusal(Exception):
    """The call is refused with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: the sentences of versions below 3, and the issue of version 3."""

    sentences: tuple[str, ...]
    issue: dict[str, object]


class Invalid(Exception):
    """The call breaks the rules of its parameters or body."""

    def __init__(self, *violations: Violation) -> None:
        super().__init__("Validation failed")
        self.violations = violations


def error_body(status: int, message: str, correlation: str, *, major: int) -> dict[str, object]:
    """The JSON body of a refusal."""
    if major >= 3:
        return {"message": message}
    return {
        "message": message,
        "error": _REASONS.get(status, "Error"),
        "statusCode": status,
        "correlationId": correlation,
    }


def bare_error_body(status: int, message: str, correlation: str, *, major: int) -> dict[str, object]:
    """The body of an error that is no HTTP exception inside the server: without its name."""
    if major >= 3:
        return {"message": message}
    return {"message": message, "statusCode": status, "correlationId": correlation}


def invalid_body(invalid: Invalid, correlation: str, *, major: int) -> dict[str, object]:
    """The JSON body of a validation failure."""
    if major >= 3:
        issues = [violation.issue for violation in invalid.violations]
        return {"message": "Validation failed", "errors": issues}
    sentences = [sentence for violation in invalid.violations for sentence in violation.sentences]
    return {"message": sentences, "error": "Bad Request", "statusCode": 400, "correlationId": correlation}


# -- the rules that several calls share --------------------------------------------------------------------


def kind_of(value: object) -> str:
    """The name version 3 has for the type of a JSON value."""
    if value is MISSING:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


class _Missing:
    """Stands for a key that is not there."""


MISSING = _Missing()


def wrong_type(path: list[str | int], expected: str, value: object, *sentences: str) -> Violation:
    """A value of another type than expected."""
    message = f"Invalid input: expected {expected}, received {kind_of(value)}"
    return Violation(
        sentences, {"expected": expected, "code": "invalid_type", "path": path, "message": message}
    )


def bad_uuid(path: list[str | int], sentence: str) -> Violation:
    """Not a UUID of version 4."""
    issue: dict[str, object] = {
        "origin": "string",
        "code": "invalid_format",
        "format": "uuid",
        "pattern": _UUID_PATTERN,
        "path": path,
        "message": "Invalid UUID",
    }
    return Violation((sentence,), issue)


def uuid_parameter(value: str, name: str = "id") -> str:
    """A UUID of the path or query; raises `Invalid`."""
    if not UUID4.fullmatch(value):
        raise Invalid(bad_uuid([name], f"{name} must be a UUID"))
    return value


def check_uuid_list(
    body: dict[str, object], name: str, problems: list[Violation], prefix: str = ""
) -> list[str]:
    """A list of UUIDs in a body; what is wrong is added to `problems`."""
    value = body.get(name, MISSING)
    if not isinstance(value, list):
        sentences = (
            f"{prefix}each value in {name} must be a UUID",
            f"{prefix}{name} should not be empty",
            f"{prefix}{name} must be an array",
        )
        problems.append(wrong_type([name], "array", value, *sentences))
        return []
    bad = [index for index, one in enumerate(value) if not (isinstance(one, str) and UUID4.fullmatch(one))]
    for position, index in enumerate(bad):
        violation = bad_uuid([name, index], f"{prefix}each value in {name} must be a UUID")
        problems.append(violation if position == 0 else Violation((), violation.issue))
    return [one for one in value if isinstance(one, str)]


def uuid_list(body: dict[str, object], name: str) -> list[str]:
    """A list of UUIDs in a body; raises `Invalid`."""
    problems: list[Violation] = []
    found = check_uuid_list(body, name, problems)
    if problems:
        raise Invalid(*problems)
    return found
