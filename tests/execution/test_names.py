"""Names from servers become names that every file system takes."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.execution.backup.names import LIMIT, backup_name

ID = "0b914fad-0afc-48c0-99ba-68c35c1352ad"


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        ("IMG_1001.JPG", "IMG_1001.JPG"),
        ("x4_photo (1).jpg", "x4_photo (1).jpg"),
        ("../../etc/passwd.jpg", "_.._etc_passwd.jpg"),
        ("/etc/passwd", "_etc_passwd"),
        ("a\\b:c*d?.jpg", "a_b_c_d_.jpg"),
        ("line\nbreak\x1b]0;title\x07.jpg", "line_break_]0;title_.jpg"),
        ("\u202egpj.exe", "_gpj.exe"),
        ("nul\x00byte.png", "nul_byte.png"),
        ("trailing. . .", "trailing"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("🏖️ beach.heic", "🏖️ beach.heic"),
        ("e\u0301te\u0301.jpg", "été.jpg"),
        ("lone\ud800surrogate.jpg", "lone_surrogate.jpg"),
    ],
)
def test_name(original: str, expected: str) -> None:
    assert backup_name(ID, original) == f"{ID}_{expected}"


def test_a_long_name_keeps_its_extension_and_whole_characters() -> None:
    name = backup_name(ID, "日" * 300 + ".jpeg")
    assert name.endswith("日.jpeg")
    assert LIMIT - 3 <= len(name.encode()) <= LIMIT


@given(st.text(alphabet=st.characters(), max_size=400), st.text(max_size=80))
def test_any_name_is_one_plain_part_of_a_path(original: str, asset_id: str) -> None:
    name = backup_name(asset_id, original)
    assert "/" not in name
    assert "\\" not in name
    assert not any(ord(character) < 32 for character in name)
    assert name not in {".", ".."}
    assert name[-1] not in " ."
    assert len((name + ".part").encode()) <= 255


@given(st.text(alphabet=string.ascii_letters, min_size=1), st.text(alphabet=string.ascii_letters, min_size=1))
def test_names_that_a_file_system_folds_together_stay_apart(one: str, other: str) -> None:
    first, second = backup_name("id-1", one), backup_name("id-2", other)
    assert first.casefold() != second.casefold()
