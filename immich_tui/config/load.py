"""Putting settings together: flag > environment > profile > settings file > default.

Every value remembers where it came from, so that a bad one is refused with its place.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from immich_tui.config.errors import ConfigError, did_you_mean
from immich_tui.config.keys import KeyStore
from immich_tui.config.official_cli import from_environment, from_file
from immich_tui.config.paths import Paths
from immich_tui.config.profiles import DEFAULT, TABLE, Profile, is_file_name
from immich_tui.config.settings import Settings
from immich_tui.config.toml_text import line_of, parse
from immich_tui.immich.secret import Secret
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.policy_table import COMMON, POLICIES, PolicyError, policies_from_config

T = TypeVar("T")

PREFIX: Final = "IMMICH_TUI_"

_SETTINGS: Final = tuple(Settings.model_fields)
_SERVER: Final = ("url", "ca_file", "insecure")
_TABLES: Final = {"keymap", "path_map", "aria2"}
_FROM_VARIABLES: Final = tuple(name for name in _SETTINGS if name not in _TABLES)


@dataclass(frozen=True, slots=True)
class Config:
    """All that is set, put together.

    `url` and `key` are for the server to connect to, `None` when nothing names one; the key belongs to that
    server and to no other. `key_place` says where it was found. `profile` is the one in use, if any.
    `policies` are all there are by name: the presets, then those of the settings file, each with the weights,
    protection and tolerance that hold for all. `warnings` are sentences.
    """

    settings: Settings
    paths: Paths
    profiles: Mapping[str, Profile]
    policies: Mapping[str, Policy]
    profile: Profile | None
    url: str | None
    key: Secret | None
    key_place: str
    ca_file: Path | None
    insecure: bool
    warnings: tuple[str, ...]

    @property
    def policy(self) -> Policy | None:
        """The policy that somebody chose, `None` when nobody did."""
        chosen = "policy" in self.settings.model_fields_set
        return self.policies[self.settings.policy] if chosen else None

    @property
    def backup_dir(self) -> Path:
        """Where backups go."""
        return self.settings.backup_dir or self.paths.backups


@dataclass(frozen=True, slots=True)
class _Found:
    """A value and its place as a person would say it."""

    value: Any
    place: str


class _File:
    """The settings file: its tables, and the line of everything in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.text = ""
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "this is not text in UTF-8"
            raise ConfigError(str(path), f"it cannot be read: {reason}.") from None
        self.content = parse(self.text, path)
        self._known((), self.content, (*_SETTINGS, *COMMON, DEFAULT, TABLE, POLICIES), "setting")
        for name, table in self.table(TABLE).items():
            self._known(
                (TABLE, name), self.table(TABLE, name), (*_SERVER, *_SETTINGS), "setting of a profile"
            )
            if not is_file_name(name):
                raise ConfigError(
                    self.place(TABLE, name),
                    f"{name!r} is no name for a profile.",
                    "A name is made of letters, digits, _ and -.",
                )
            if "url" not in table:
                raise ConfigError(self.place(TABLE, name), f"the profile {name} has no url.")

    def place(self, *path: str | int) -> str:
        return f"{self.path}, line {line_of(self.text, path)}"

    def table(self, *path: str) -> dict[str, Any]:
        found = self.content
        for index, step in enumerate(path, 1):
            found = found.get(step, {})
            if not isinstance(found, dict):
                raise ConfigError(self.place(*path[:index]), f"{step} is a table: [{'.'.join(path)}].")
        return found

    def values(self, *path: str) -> dict[str, _Found]:
        return {key: _Found(value, self.place(*path, key)) for key, value in self.table(*path).items()}

    def profile(self, name: str) -> Profile:
        values = self.values(TABLE, name)
        return Profile(
            name,
            _value(str, values["url"]) or "",
            _path(values.get("ca_file")),
            _value(bool, values.get("insecure")) or False,
        )

    def policies(self) -> Mapping[str, Policy]:
        try:
            return policies_from_config(self.content)
        except PolicyError as error:
            hint = f"Did you mean {error.nearest}?" if error.nearest else ""
            raise ConfigError(self.place(*error.path), f"{error.key}: {error.problem}.", hint) from None

    def _known(
        self, path: tuple[str, ...], table: Mapping[str, Any], known: tuple[str, ...], what: str
    ) -> None:
        for key in table:
            if key not in known:
                raise ConfigError(
                    self.place(*path, key), f"there is no {what} named {key!r}.", did_you_mean(key, known)
                )


def load(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    paths: Paths | None = None,
    keys: KeyStore | None = None,
) -> Config:
    """Read everything that is set. Reads files and the keyring: call it in a thread once the screen is up.

    `flags` are the options of the command line by name (`profile`, `url`, `ca_file`, `insecure`, and the
    settings); `None` in it means not given. A key is no option: others could see it in the list of processes.
    Raises `ConfigError`.
    """
    environ = os.environ if environ is None else environ
    paths = paths or Paths.standard()
    file = _File(paths.config_file)
    given = {
        key: _Found(value, f"--{key.replace('_', '-')}")
        for key, value in (flags or {}).items()
        if value is not None
    }
    variables = {
        name: _Found(environ[PREFIX + name.upper()], PREFIX + name.upper())
        for name in (*_FROM_VARIABLES, *_SERVER, "api_key", "profile")
        if environ.get(PREFIX + name.upper())
    }
    profiles = {name: file.profile(name) for name in file.table(TABLE)}
    server = _server(given, variables, environ, file, profiles, keys or KeyStore.standard(paths.keys))
    layers = [
        file.values(),
        file.values(TABLE, server.profile.name) if server.profile else {},
        variables,
        given,
    ]
    found = {key: value for layer in layers for key, value in layer.items() if key in _SETTINGS}
    settings = _settings(found)
    policies = file.policies()
    if settings.policy not in policies:
        problem = f"there is no policy named {settings.policy!r}."
        raise ConfigError(found["policy"].place, problem, did_you_mean(settings.policy, policies))
    return Config(
        settings=settings,
        paths=paths,
        profiles=profiles,
        policies=policies,
        profile=server.profile,
        url=server.url,
        key=server.key,
        key_place=server.key_place,
        ca_file=server.ca_file,
        insecure=server.insecure,
        warnings=server.warnings,
    )


@dataclass(frozen=True, slots=True)
class _Server:
    profile: Profile | None = None
    url: str | None = None
    key: Secret | None = None
    key_place: str = ""
    ca_file: Path | None = None
    insecure: bool = False
    warnings: tuple[str, ...] = ()


def _server(
    given: Mapping[str, _Found],
    variables: Mapping[str, _Found],
    environ: Mapping[str, str],
    file: _File,
    profiles: Mapping[str, Profile],
    keys: KeyStore,
) -> _Server:
    """Which server, and with which key. A key found with one server is never paired with another."""
    profile, url, key, key_place = None, None, None, ""
    warnings: tuple[str, ...] = ()
    named = _chosen_profile(given, variables, environ, file, profiles)
    if "url" in given:
        url = _value(str, given["url"])
    elif named and named.place.startswith("--"):
        profile = profiles[named.value]
    elif "url" in variables:
        url = _value(str, variables["url"])
    elif named:
        profile = profiles[named.value]
    elif log_in := from_environment(environ) or from_file(environ):
        url, key, key_place = log_in.url, log_in.key, log_in.place
    if profile:
        url = profile.url
        if stored := keys.find(profile):
            key, key_place = stored.key, stored.place
            warnings = (stored.warning,) if stored.warning else ()
    if "api_key" in variables:
        if url and "url" in variables and not _one_server(url, _value(str, variables["url"]) or ""):
            ours, theirs = variables["api_key"].place, variables["url"].place
            warnings = (*warnings, f"{ours} is for the server of {theirs} and is not sent to {url}.")
        else:
            key, key_place = Secret(variables["api_key"].value), variables["api_key"].place
    ca_file = _path(given.get("ca_file") or variables.get("ca_file")) or (
        profile.ca_file if profile else None
    )
    insecure = _value(bool, given.get("insecure") or variables.get("insecure"))
    if insecure is None:
        insecure = profile.insecure if profile else False
    return _Server(profile, url, key, key_place, ca_file, insecure, warnings)


def _one_server(one: str, other: str) -> bool:
    """Whether two addresses, as people write them, are of one server; without a scheme either is meant."""
    (scheme, rest), (other_scheme, other_rest) = (_scheme_and_rest(address) for address in (one, other))
    same_scheme = scheme == other_scheme or not (scheme and other_scheme)
    return same_scheme and rest.partition("/")[0] == other_rest.partition("/")[0]


def _scheme_and_rest(address: str) -> tuple[str, str]:
    before, mark, after = address.strip().lower().partition("://")
    return (before, after) if mark else ("", before)


def _chosen_profile(
    given: Mapping[str, _Found],
    variables: Mapping[str, _Found],
    environ: Mapping[str, str],
    file: _File,
    profiles: Mapping[str, Profile],
) -> _Found | None:
    """The name of the profile to use, if one is named or goes without saying."""
    if not (chosen := given.get("profile") or variables.get("profile")):
        if from_environment(environ):
            return None
        chosen = file.values().get(DEFAULT)
    if chosen is None:
        return _Found(next(iter(profiles)), str(file.path)) if len(profiles) == 1 else None
    if _value(str, chosen) not in profiles:
        raise ConfigError(
            chosen.place,
            f"there is no profile named {chosen.value!r}.",
            did_you_mean(str(chosen.value), profiles),
        )
    return chosen


def _settings(found: Mapping[str, _Found]) -> Settings:
    values = {name: one.value for name, one in found.items()}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    else:
        folder = settings.backup_dir
        for path in settings.path_map.values():
            _expanded(path, found["path_map"].place)
        if settings.aria2 is not None:
            _expanded(settings.aria2.secret_file, found["aria2"].place)
        backups = _expanded(folder, found["backup_dir"].place) if folder else None
        return settings.model_copy(update={"backup_dir": backups})
    name = str(first["loc"][0])
    what = f"{name}.{first['loc'][1]}" if name == "aria2" and len(first["loc"]) > 1 else name
    raise ConfigError(found[name].place, f"{what}: {_problem(first['msg'])}")


def _value(kind: type[T], found: _Found | None) -> T | None:
    if found is None:
        return None
    try:
        return TypeAdapter(kind).validate_python(found.value)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]["msg"]
    raise ConfigError(found.place, _problem(problem))


def _path(found: _Found | None) -> Path | None:
    path = _value(Path, found)
    return _expanded(path, found.place) if path and found else None


def _expanded(path: Path, place: str) -> Path:
    """A path that may begin with `~` or the `~name` of somebody."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ConfigError(place, f"{path} is in the home of somebody who has none here.") from None


def _problem(message: str) -> str:
    return f"{message[:1].lower()}{message[1:]}."
