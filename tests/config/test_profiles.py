"""Writing profiles into a file that people also edit by hand, and keeping keys."""

from __future__ import annotations

import stat
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.config import ConfigError, KeyStore, Profile, remove_profile, save_profile
from immich_tui.config.keys import system_keyring
from immich_tui.config.toml_text import line_of, with_table
from immich_tui.immich.secret import Secret

HOME = Profile("home", "https://photos.example.org/api")
BY_HAND = """\
# mine
workers = 3  # not more

[keymap]
"review.flag" = "x"

# the house
[profile.home]
# the old address
url = "http://old"
rate = 2.5
insecure = true

# the cabin
[profile."cabin"]
url = "http://cabin"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new" / "config" / "config.toml"


def test_a_first_profile_makes_file_and_folders_for_the_owner_alone(file: Path) -> None:
    save_profile(file, HOME, default=True)
    assert tomllib.loads(file.read_text()) == {
        "default_profile": "home",
        "profile": {"home": {"url": HOME.url}},
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (file.parent, file.parent.parent)] == [
        0o700,
        0o700,
    ]
    assert list(file.parent.iterdir()) == [file]


def test_changing_a_profile_leaves_everything_else_as_it_was_typed(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(BY_HAND)
    save_profile(file, Profile("home", HOME.url, Path("/ca.pem")))
    assert file.read_text() == BY_HAND.replace(
        '# the old address\nurl = "http://old"\nrate = 2.5\ninsecure = true\n',
        f'url = "{HOME.url}"\nca_file = "/ca.pem"\n# the old address\nrate = 2.5\n',
    )


def test_removing_a_profile_takes_only_its_table(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text('default_profile = "cabin"\n' + BY_HAND)
    remove_profile(file, "cabin")
    assert file.read_text() == BY_HAND[: BY_HAND.index('[profile."cabin"]')]
    remove_profile(file, "cabin")
    remove_profile(file, "home")
    assert tomllib.loads(file.read_text()) == {"workers": 3, "keymap": {"review.flag": "x"}}


@pytest.mark.parametrize("text", ['profile.home.url = "x"\n', 'profile = { home = { url = "x" } }\n'])
def test_a_file_that_cannot_be_changed_safely_is_left_alone(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(ConfigError, match="cannot be changed from here"):
        save_profile(file, HOME)
    assert file.read_text() == text


@pytest.mark.parametrize("name", ["", "a b", "../x", "ä", "x" * 65])
def test_a_name_that_is_no_file_name_is_refused(file: Path, name: str) -> None:
    with pytest.raises(ConfigError):
        save_profile(file, Profile(name, HOME.url))
    assert not file.parent.exists()


def test_a_linked_settings_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("workers = 4\n")
    file.parent.mkdir(parents=True)
    file.symlink_to(real)
    save_profile(file, HOME)
    assert file.is_symlink()
    assert tomllib.loads(real.read_text())["profile"]["home"]["url"] == HOME.url


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where a folder should be")
    for write in (
        lambda: save_profile(tmp_path / "config" / "config.toml", HOME),
        lambda: KeyStore(tmp_path / "config" / "keys").save(HOME, Secret("the-key")),
    ):
        with pytest.raises(ConfigError, match="cannot be") as caught:
            write()
        assert str(tmp_path / "config") in caught.value.place


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PLAIN = st.one_of(
    st.integers(-10, 10),
    st.booleans(),
    TEXTS.filter(lambda text: text.isprintable() and '"' not in text and "\\" not in text).map(
        lambda text: f'"{text}"'
    ),
)


@given(url=TEXTS, others=st.dictionaries(st.sampled_from(["a", "b-c", "d_e"]), PLAIN, max_size=3))
def test_any_value_survives_being_written(url: str, others: dict[str, object]) -> None:
    text = "[profile.home]\n" + "".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else value}\n"
        for key, value in others.items()
    )
    before = tomllib.loads(text)["profile"]["home"]
    after = tomllib.loads(with_table(text, ("profile", "home"), {"url": url}))
    assert after == {"profile": {"home": {**before, "url": url}}}


def test_lines_are_found_in_tables_dotted_and_quoted() -> None:
    text = 'a = 1\n\n[t."x.y"]\nb.c = 2\n[[list]]\nd = 3\n'
    assert line_of(text, ("a",)) == 1
    assert line_of(text, ("t", "x.y", "b", "c")) == 4
    assert line_of(text, ("t", "x.y", "nothing")) == 3
    assert line_of(text, ("list", "d")) == 6


# Keys


class Ring:
    """A keyring in memory; `forgetful` takes everything and keeps nothing."""

    def __init__(self, *, forgetful: bool = False) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self._forgetful = forgetful

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if not self._forgetful:
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class LockedRing(Ring):
    """A keyring that raises its own error, as one does whose desktop is not there."""

    def get_password(self, service: str, username: str) -> str | None:
        from keyring.errors import KeyringLocked

        raise KeyringLocked("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.get_password(service, username)


def test_a_key_without_a_keyring_is_in_a_file_for_the_owner_alone(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "config" / "keys")
    place = store.save(HOME, Secret("the-key"))
    assert place == str(tmp_path / "config" / "keys" / "home")
    assert stat.S_IMODE(Path(place).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(place).parent.stat().st_mode) == 0o700
    found = store.find(HOME)
    assert found is not None
    assert (found.key, found.place, found.warning) == (Secret("the-key"), place, "")
    store.forget(HOME)
    assert store.find(HOME) is None


def test_a_key_file_that_others_can_read_is_used_with_a_warning(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    Path(store.save(HOME, Secret("the-key"))).chmod(0o644)
    found = store.find(HOME)
    assert found is not None
    assert "chmod 600" in found.warning
    assert "the-key" not in found.warning


def test_a_key_is_only_found_for_the_server_it_was_given_for(tmp_path: Path) -> None:
    elsewhere = Profile("home", "https://elsewhere.example.org/api")
    for store in (KeyStore(tmp_path), KeyStore(tmp_path / "other", Ring())):
        store.save(HOME, Secret("the-key"))
        assert store.find(elsewhere) is None
        assert store.find(HOME) is not None


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("photos.example.org", "elsewhere.example.org"),
        ("photos.example.org:2283", "photos.example.org:2284"),
        ("http://[::1", "http://[::2"),
    ],
)
def test_a_key_is_not_found_for_another_address_that_is_written_like_none(
    here: str, there: str, tmp_path: Path
) -> None:
    for store in (KeyStore(tmp_path), KeyStore(tmp_path / "other", Ring())):
        store.save(Profile("home", here), Secret("the-key"))
        assert store.find(Profile("home", there)) is None
        assert store.find(Profile("home", here)) is not None


def test_a_keyring_that_works_is_used_instead_of_a_file(tmp_path: Path) -> None:
    KeyStore(tmp_path).save(HOME, Secret("older"))
    ring = Ring()
    store = KeyStore(tmp_path, ring)
    assert store.save(HOME, Secret("the-key")) == "the system's keyring"
    assert list(tmp_path.iterdir()) == []
    found = store.find(HOME)
    assert found is not None
    assert found.key == Secret("the-key")
    store.forget(HOME)
    assert not ring.kept


@pytest.mark.parametrize("ring", [Ring(forgetful=True), LockedRing()])
def test_a_keyring_that_does_not_work_leaves_the_key_in_the_file(tmp_path: Path, ring: Ring) -> None:
    store = KeyStore(tmp_path, ring)
    assert store.save(HOME, Secret("the-key")) == str(tmp_path / "home")
    found = store.find(HOME)
    assert found is not None
    assert found.key == Secret("the-key")


def test_where_no_keyring_answers_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends.fail import Keyring as NoKeyring

    monkeypatch.setattr(keyring, "get_keyring", NoKeyring)
    assert system_keyring() is None


def test_without_the_package_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setitem(sys.modules, "keyring.errors", None)
    assert system_keyring() is None
