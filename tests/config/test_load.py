"""Where each setting comes from, and how a bad one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from immich_tui.config import Config, ConfigError, KeyStore, Paths, Profile, load
from immich_tui.immich.secret import Secret

HOME = "https://photos.example.org/api"
CABIN = "http://192.168.7.2:2283/api"


class Home:
    """A person's folders, and what they typed into their files."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths(folder / "config", folder / "data", folder / "cache", folder / "backups")
        self.keys = KeyStore(self.paths.keys)
        self.official = folder / "official"

    def write(self, text: str) -> None:
        self.paths.config.mkdir(exist_ok=True)
        self.paths.config_file.write_text(text)

    def load(self, flags: dict[str, object] | None = None, **environ: str) -> Config:
        return load(flags, {"IMMICH_CONFIG_DIR": str(self.official), **environ}, self.paths, self.keys)

    def refusal(self, text: str, flags: dict[str, object] | None = None, **environ: str) -> ConfigError:
        self.write(text)
        with pytest.raises(ConfigError) as caught:
            self.load(flags, **environ)
        return caught.value


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_nothing_set_gives_the_defaults_and_writes_nothing(home: Home, tmp_path: Path) -> None:
    config = home.load()
    assert (config.settings.workers, config.settings.rate, config.settings.policy) == (5, 10.0, "metadata")
    assert config.url is None
    assert config.key is None
    assert config.backup_dir == home.paths.backups
    assert list(tmp_path.iterdir()) == []


def test_flag_beats_environment_beats_profile_beats_file(home: Home) -> None:
    home.write(
        f'workers = 2\nrate = 2.0\npolicy = "quality"\nimages = "off"\n[profile.home]\nurl = "{HOME}"\n'
        'workers = 3\nrate = 3.0\npolicy = "lossless"\n'
    )
    settings = home.load({"workers": 9}, IMMICH_TUI_WORKERS="8", IMMICH_TUI_RATE="7.5").settings
    assert (settings.workers, settings.rate, settings.policy, settings.images) == (9, 7.5, "lossless", "off")


def test_a_flag_that_is_not_given_does_not_count(home: Home) -> None:
    assert home.load({"workers": None}).settings.workers == 5


def test_a_tilde_in_the_backup_folder_is_the_home_folder(home: Home) -> None:
    home.write('backup_dir = "~/safe"\n')
    assert home.load().backup_dir == Path.home() / "safe"


OWN_POLICY = """\
policy = "family"
protect_paths = ["/mnt/archive/*"]
gps_tolerance_m = 25
[weights]
lens = 0
[policies.family]
label = "Our own scans first"
criteria = [
  { prefer = "path", matches = "*/scans/*" },
  # what messengers leave of a photo
  { avoid = "file name", matches = 'IMG-\\d+-WA\\d+' },
  "favourite",
  "score",
]
"""


def test_policies_of_the_file_stand_beside_the_presets_with_what_holds_for_all(home: Home) -> None:
    home.write(OWN_POLICY)
    config = home.load()
    assert list(config.policies) == ["metadata", "quality", "lossless", "immich", "family"]
    assert config.policy is config.policies["family"]
    assert config.policy.label == "Our own scans first"
    for policy in config.policies.values():
        assert policy.protected.paths == ("/mnt/archive/*",)
        assert (policy.gps_tolerance_m, policy.weights.lens, policy.weights.location) == (25, 0, 30)
    assert home.load({"policy": "lossless"}).policy is not None
    home.write("")
    assert home.load().policy is None


@pytest.mark.parametrize(
    ("change", "line", "problem", "next_step"),
    [
        (('"family"', '"famly"'), 1, "there is no policy named 'famly'.", "Did you mean family?"),
        (('["/mnt', '[3, "/mnt'), 2, "protect_paths[1]: this is a list of texts.", ""),
        (("_m = 25", "_m = -1"), 3, "gps_tolerance_m: -1 is no number of at least 0.", ""),
        (("lens = 0", "lense = 0"), 5, "weights.lense: there is no such weight.", "Did you mean lens?"),
        (
            ("label", "lable"),
            7,
            "policies.family.lable: a policy has no such setting.",
            "Did you mean label?",
        ),
        (
            ('prefer = "path"', 'prefer = "pth"'),
            9,
            "policies.family.criteria[1].prefer: 'pth' cannot be preferred or avoided.",
            "Did you mean path?",
        ),
        (
            ("-WA", "-WA("),
            11,
            "(missing ), unterminated subpattern at position 10).",
            "",
        ),
        (
            ('"favourite"', '"favorites"'),
            12,
            "policies.family.criteria[3]: there is no criterion 'favorites'.",
            "Did you mean favourite?",
        ),
        (("[policies.family]", "[policies.quality]"), 6, "comes with the program.", ""),
    ],
)
def test_a_bad_policy_is_refused_with_its_line_and_the_nearest_name(
    home: Home, change: tuple[str, str], line: int, problem: str, next_step: str
) -> None:
    refused = home.refusal(OWN_POLICY.replace(*change, 1))
    assert refused.place == f"{home.paths.config_file}, line {line}"
    assert refused.sentence.endswith(problem)
    assert refused.next_step == next_step


def test_a_bad_policy_on_the_command_line_is_refused_with_the_nearest_name(home: Home) -> None:
    refused = home.refusal(OWN_POLICY, {"policy": "familie"})
    assert str(refused) == "--policy: there is no policy named 'familie'. Did you mean family?"


def test_the_only_profile_is_used_without_being_named(home: Home) -> None:
    home.write(f'[profile.home]\nurl = "{HOME}"\nca_file = "~/ca.pem"\n')
    home.keys.save(Profile("home", HOME), Secret("home-key"))
    config = home.load()
    assert config.profile == Profile("home", HOME, Path.home() / "ca.pem")
    assert config.url == HOME
    assert config.key == Secret("home-key")
    assert config.ca_file == Path.home() / "ca.pem"


def test_of_several_profiles_the_default_one_or_the_named_one_is_used(home: Home) -> None:
    profiles = f'[profile.home]\nurl = "{HOME}"\n[profile.cabin]\nurl = "{CABIN}"\ninsecure = true\n'
    home.write(profiles)
    assert home.load().url is None
    home.write('default_profile = "home"\n' + profiles)
    assert home.load().url == HOME
    assert home.load(IMMICH_TUI_PROFILE="cabin").url == CABIN
    named = home.load({"profile": "cabin"}, IMMICH_TUI_PROFILE="home", IMMICH_TUI_URL="http://elsewhere")
    assert (named.url, named.insecure) == (CABIN, True)


def test_a_key_never_goes_to_another_server_than_its_own(home: Home) -> None:
    home.write(f'[profile.home]\nurl = "{HOME}"\n')
    home.keys.save(Profile("home", HOME), Secret("home-key"))
    assert home.load({"url": CABIN}).key is None
    assert home.load(IMMICH_TUI_URL=CABIN, IMMICH_API_KEY="official", IMMICH_INSTANCE_URL=HOME).key is None
    home.write(f'[profile.home]\nurl = "{CABIN}"\n')
    assert home.load().key is None


def test_the_key_of_the_environment_is_for_the_server_in_use(home: Home) -> None:
    home.write(f'[profile.home]\nurl = "{HOME}"\n')
    config = home.load(IMMICH_TUI_API_KEY=" typed \n")
    assert config.key == Secret("typed")
    assert config.key_place == "IMMICH_TUI_API_KEY"


def test_the_key_of_the_environment_is_not_sent_to_another_server_than_that_of_the_environment(
    home: Home,
) -> None:
    home.write(f'[profile.cabin]\nurl = "{CABIN}"\n[profile.home]\nurl = "{HOME}"\n')
    home.keys.save(Profile("cabin", CABIN), Secret("cabin-key"))
    pair = {"IMMICH_TUI_URL": HOME, "IMMICH_TUI_API_KEY": "home-key"}
    named = home.load({"profile": "cabin"}, **pair)
    assert (named.url, named.key) == (CABIN, Secret("cabin-key"))
    assert named.warnings == (
        f"IMMICH_TUI_API_KEY is for the server of IMMICH_TUI_URL and is not sent to {CABIN}.",
    )
    assert home.load({"url": CABIN}, **pair).key is None
    assert home.load({"url": HOME.replace("https", "http")}, **pair).key is None


@pytest.mark.parametrize("written", [HOME, "photos.example.org", "HTTPS://Photos.Example.org/", " " + HOME])
def test_however_the_server_is_written_the_key_of_the_environment_is_for_it(home: Home, written: str) -> None:
    home.write(f'[profile.home]\nurl = "{HOME}"\n')
    pair = {"IMMICH_TUI_URL": written, "IMMICH_TUI_API_KEY": "home-key"}
    for flags in ({}, {"profile": "home"}, {"url": "photos.example.org/api"}):
        config = home.load(dict[str, object](flags), **pair)
        assert (config.key, config.warnings) == (Secret("home-key"), ())


def test_the_official_client_needs_no_setup(home: Home) -> None:
    config = home.load(IMMICH_INSTANCE_URL=HOME, IMMICH_API_KEY="theirs")
    assert (config.url, config.key) == (HOME, Secret("theirs"))
    home.official.mkdir()
    for text in (
        f"url: {HOME}\nkey: theirs\n",
        f"---\n# log-in\nkey: 'theirs'\nurl: \"{HOME}\"\n",
    ):
        (home.official / "auth.yml").write_text(text)
        config = home.load()
        assert (config.url, config.key) == (HOME, Secret("theirs"))
        assert config.key_place == str(home.official / "auth.yml")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "url: x\n",
        "url: x\nkey: &a y\n",
        "url: x\nkey: [y]\n",
        "- url: x\n",
        "url: x\nurl: y\nkey: z\n",
        "url: {a: b}\nkey: c",
    ],
)
def test_more_than_two_plain_lines_in_the_official_file_is_not_guessed_at(home: Home, text: str) -> None:
    home.official.mkdir()
    (home.official / "auth.yml").write_text(text)
    assert home.load().url is None


def test_an_unknown_setting_names_file_line_and_nearest_name(home: Home) -> None:
    error = home.refusal("rate = 5\n\n# more at once\nwokers = 9\n")
    assert error.sentence == f"{home.paths.config_file}, line 4: there is no setting named 'wokers'."
    assert error.next_step == "Did you mean workers?"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("workers = 0\n", 1, "workers: input should be greater than or equal to 1"),
        ("theme = 'x'\nworkers = 'many'\n", 2, "workers: input should be a valid integer"),
        ("images = 'holo'\n", 1, "images: input should be 'auto'"),
        ("[profile.home]\nurl = 'x'\n\nrate = -1\n", 4, "rate: input should be greater than 0"),
        ("[profile.home]\nurl = 'x'\nur = 'y'\n", 3, "no setting of a profile named 'ur'"),
        ("[profile.home]\nca_file = 'x'\n", 1, "has no url"),
        ("[profile.home]\nurl = 3\n", 2, "valid string"),
        ("profile = 'home'\n", 1, "[profile]"),
        ("[keymap]\nflag = 3\n", 1, "keymap: input should be a valid string"),
        ("workers = 3\nrate = \n", 2, "not valid TOML"),
        ("workers = 3\n[profile.home\nurl = 'x'\n", 2, "not valid TOML"),
        ("workers = 3\nworkers = 4\n", 2, "not valid TOML"),
        ("default_profile = 'hom'\n[profile.home]\nurl = 'x'\n", 1, "no profile named 'hom'"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(home: Home, text: str, line: int, words: str) -> None:
    error = home.refusal(text)
    assert error.place == f"{home.paths.config_file}, line {line}"
    assert words in error.sentence


def test_a_bad_variable_or_flag_is_refused_by_its_name(home: Home) -> None:
    assert home.refusal("", IMMICH_TUI_WORKERS="99").place == "IMMICH_TUI_WORKERS"
    assert home.refusal("", {"rate": "fast"}).place == "--rate"
    assert home.refusal("", IMMICH_TUI_INSECURE="perhaps").place == "IMMICH_TUI_INSECURE"
    assert home.refusal("", {"profile": "nope"}).place == "--profile"


def test_a_file_that_is_no_text_is_refused(home: Home) -> None:
    home.paths.config.mkdir()
    home.paths.config_file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not text in UTF-8"):
        home.load()


def test_a_byte_order_mark_does_no_harm(home: Home) -> None:
    home.write("\ufeffworkers = 4\n")
    assert home.load().settings.workers == 4


def test_servers_and_users_have_their_own_databases() -> None:
    paths = Paths.standard()
    names = {
        paths.database(url, user).name
        for url in (
            HOME,
            CABIN,
            "http://192.168.7.2:2284/api",
            "http://[::1]:2283/api",
            "https://example.org/a/api",
        )
        for user in ("0b914fad", "../../etc")
    }
    assert len(names) == 10
    assert all("/" not in name for name in names)
    assert paths.database(HOME, "0b914fad").name == "photos.example.org_0b914fad.sqlite3"


def test_the_example_in_the_documentation_works(home: Home) -> None:
    text = (Path(__file__).parents[2] / "docs" / "decisions.md").read_text()
    _, _, rest = text.partition("```toml\n")
    home.write(rest.partition("```")[0])
    policy = home.load().policy
    assert policy is not None
    assert (policy.name, policy.label, len(policy.criteria)) == ("family", "Our own scans first", 7)
    assert (policy.weights.lens, policy.weights.time_zone, policy.gps_tolerance_m) == (0, 5, 25)
    assert policy.protected.paths == ("/mnt/archive/*",)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('backup_dir = "~nobody-here/backups"\n', 1),
        ('[path_map]\n"/data" = "~nobody-here/photos"\n', 1),
        ('[aria2]\nurl = "http://x"\nfolder = "/f"\nsecret_file = "~nobody-here/secret"\n', 1),
        (f'[profile.home]\nurl = "{HOME}"\nca_file = "~nobody-here/ca.pem"\n', 3),
    ],
)
def test_the_home_of_somebody_who_is_not_here_is_refused_with_its_place(
    home: Home, text: str, line: int
) -> None:
    error = home.refusal(text)
    assert "home of" in error.sentence
    assert error.place == f"{home.paths.config_file}, line {line}"


def test_the_home_of_somebody_who_is_not_here_is_refused_as_a_flag(home: Home) -> None:
    assert home.refusal("", {"ca_file": "~nobody-here/ca.pem"}).place == "--ca-file"


@pytest.mark.parametrize("name", ["../../x", "a\\u0000b", "a/b", "..", ""])
def test_a_profile_whose_key_could_lie_elsewhere_is_refused(home: Home, name: str) -> None:
    error = home.refusal(f'[profile."{name}"]\nurl = "{HOME}"\n')
    assert "no name for a profile" in error.sentence


@pytest.mark.parametrize("value", ["[1]", "5", "{a = 1}", "true"])
def test_a_default_profile_that_is_no_name_is_refused(home: Home, value: str) -> None:
    error = home.refusal(f'default_profile = {value}\n[profile.home]\nurl = "{HOME}"\n')
    assert error.place.endswith("line 1")
