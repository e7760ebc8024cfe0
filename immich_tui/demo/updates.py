"""What may stand in the body of an asset update, and what each version says of the rest."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from immich_tui.demo.answers import MISSING, Invalid, Refusal, Violation, wrong_type
from immich_tui.demo.jobs import zone_name

VISIBILITIES = ("archive", "timeline", "hidden", "locked")
_ISO = re.compile(r"[+-]?\d{4,6}-\d{2}(-\d{2}(T\d{2}(:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?)?)?")
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")


class Update:
    """The checked fields of one update: `row` goes to the asset, `exif` to its EXIF and later its sidecar.

    Raises `Invalid` or `Refusal` in the wording of the version.
    """

    def __init__(self, body: dict[str, object], version: tuple[int, int, int]) -> None:
        self._body = body
        self._version = version
        self._major = version[0]
        self._problems: list[Violation] = []
        self.row: dict[str, object] = {}
        self.exif: dict[str, object] = {}
        self._favourite()
        self._visibility()
        self._date()
        self._coordinates()
        self._rating()
        self._description()
        if self._problems:
            raise Invalid(*self._problems)
        if isinstance(text := self.exif.get("description"), str) and "\0" in text:
            raise Refusal(500, "Failed to update asset")

    def _favourite(self) -> None:
        value = self._body.get("isFavorite", MISSING)
        if value is MISSING:
            return
        if not isinstance(value, bool):
            sentence = "isFavorite must be a boolean value"
            self._problems.append(wrong_type(["isFavorite"], "boolean", value, sentence))
            return
        self.row["favorite"] = value

    def _visibility(self) -> None:
        value = self._body.get("visibility", MISSING)
        if value is MISSING:
            return
        if value not in VISIBILITIES:
            self._problems.append(bad_visibility())
            return
        self.row["visibility"] = value

    def _date(self) -> None:
        value = self._body.get("dateTimeOriginal", MISSING)
        if value is MISSING:
            return
        if not isinstance(value, str) or (self._major < 3 and not _ISO.fullmatch(value)):
            sentence = "dateTimeOriginal must be a valid ISO 8601 date string"
            self._problems.append(wrong_type(["dateTimeOriginal"], "string", value, sentence))
            return
        moment = _lenient_date(value)
        if moment is None:
            raise Refusal(500, "Failed to update asset")
        self.exif["dateTimeOriginal"] = moment.astimezone(UTC)
        if "T" in value and _OFFSET.search(value) and self._version >= (2, 5, 4):
            self.exif["timeZone"] = zone_name(moment)

    def _coordinates(self) -> None:
        latitude, longitude = self._body.get("latitude", MISSING), self._body.get("longitude", MISSING)
        if latitude is MISSING and longitude is MISSING:
            return
        before = len(self._problems)
        checked = [
            self._coordinate("latitude", latitude, 90),
            self._coordinate("longitude", longitude, 180),
        ]
        if (
            self._major >= 3
            and (latitude is MISSING or longitude is MISSING)
            and len(self._problems) == before
        ):
            message = "Latitude and longitude must be provided together"
            self._problems.append(Violation((), {"code": "custom", "path": [], "message": message}))
        if len(self._problems) == before:
            self.exif["latitude"], self.exif["longitude"] = checked

    def _coordinate(self, name: str, value: object, limit: int) -> float | None:
        must_be = f"{name} must be a {name} string or number"
        if self._major >= 3:
            if value is MISSING:
                return None
            if isinstance(value, bool) or not isinstance(value, int | float):
                self._problems.append(wrong_type([name], "number", value))
                return None
            if abs(value) > limit:
                self._problems.append(_out_of_range(name, value, limit))
            return float(value)
        if value is MISSING or value is None or value == "":
            self._problems.append(Violation((f"{name} should not be empty", must_be), {}))
            return None
        try:
            number = float(value) if isinstance(value, str | int | float) else limit + 1.0
        except ValueError:
            number = limit + 1.0
        if not abs(number) <= limit:
            self._problems.append(Violation((must_be,), {}))
        return number

    def _rating(self) -> None:
        value = self._body.get("rating", MISSING)
        if value is MISSING:
            return
        low, high = "rating must not be less than -1", "rating must not be greater than 5"
        whole = "rating must be an integer number"
        if value is None and self._version >= (2, 6):
            self.exif["rating"] = None
            return
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._problems.append(wrong_type(["rating"], "number", value, low, high, whole))
        elif isinstance(value, float) and not value.is_integer():
            issue: dict[str, object] = {
                "expected": "int",
                "format": "safeint",
                "code": "invalid_type",
                "path": ["rating"],
                "message": "Invalid input: expected int, received number",
            }
            self._problems.append(Violation((whole,), issue))
        elif value > 5:
            self._problems.append(Violation((high,), _out_of_range("rating", value, 5).issue))
        elif value < -1:
            self._problems.append(Violation((low,), _too_small("rating", -1)))
        elif value == 0 and self._major >= 3:
            message = "Rating must be -1 (rejected), 1–5 (starred), or null (unrated); 0 is not valid"
            issue = {"code": "custom", "path": ["rating"], "message": message}
            self._problems.append(Violation((), issue))
        else:
            self.exif["rating"] = None if value == 0 and self._version >= (2, 6) else int(value)

    def _description(self) -> None:
        value = self._body.get("description", MISSING)
        if value is MISSING:
            return
        if not isinstance(value, str):
            problem = wrong_type(["description"], "string", value, "description must be a string")
            self._problems.append(problem)
            return
        self.exif["description"] = value


def bad_visibility() -> Violation:
    """A visibility that does not exist."""
    options = "|".join(f'"{one}"' for one in VISIBILITIES)
    issue: dict[str, object] = {
        "code": "invalid_value",
        "values": list(VISIBILITIES),
        "path": ["visibility"],
        "message": f"Invalid option: expected one of {options}",
    }
    sentence = f"visibility must be one of the following values: {', '.join(VISIBILITIES)}"
    return Violation((sentence,), issue)


def _out_of_range(name: str, value: float, limit: int) -> Violation:
    if value < 0:
        return Violation((), _too_small(name, -limit))
    issue: dict[str, object] = {
        "origin": "number",
        "code": "too_big",
        "maximum": limit,
        "inclusive": True,
        "path": [name],
        "message": f"Too big: expected number to be <={limit}",
    }
    return Violation((), issue)


def _too_small(name: str, limit: int) -> dict[str, object]:
    return {
        "origin": "number",
        "code": "too_small",
        "minimum": limit,
        "inclusive": True,
        "path": [name],
        "message": f"Too small: expected number to be >={limit}",
    }


def _lenient_date(value: str) -> datetime | None:
    """A date as version 3 takes it: ISO, or words such as `yesterday`; UTC without an offset."""
    if value == "yesterday":
        return datetime.now(UTC) - timedelta(days=1)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
