"""The first step: which server, with which key, and what that key can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, HorizontalGroup, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, OptionList
from textual.widgets.option_list import Option

from immich_tui.immich.errors import Unauthorized
from immich_tui.immich.secret import Secret
from immich_tui.tui.screens.confirm import Confirm
from immich_tui.tui.screens.step import StepScreen
from immich_tui.tui.text import safe
from immich_tui.tui.widgets.key_line import HELP, Hint
from immich_tui.tui.widgets.lines import Sentences
from immich_tui.tui.widgets.tables import Permissions

if TYPE_CHECKING:
    from immich_tui.config import Profile
    from immich_tui.link import Link


_WELCOME = "Nothing on the server is changed before you start a run yourself, on the Execute screen."
_KEEPING = (
    "With a name, address and key are there at the next start: the key in your keyring, or in a file that"
    " only you can read. Without one you type them again."
)
_NO_ADDRESS = "Type the address of your server first, as you would in a browser."
_NO_KEY = "An API key is needed, too. Make one in Immich under Account settings, API keys."
_NO_NAME = "That is too long for a name. If it was your API key: it belongs into the field above."

LONGEST_NAME = 32
"""Characters of a profile's name; API keys have more."""


def _field(name: str, title: str, placeholder: str, *, password: bool = False) -> Input:
    field = Input(id=name, placeholder=placeholder, password=password)
    field.border_title = Content(title)
    return field


class ProfileList(OptionList):
    """Servers that were kept; enter connects."""

    BINDING_GROUP_TITLE = "Profiles"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "screen.new", "New", id="connect.new", tooltip="Type another address and key"),
        Binding(
            "d", "screen.delete", "Delete", id="connect.delete", tooltip="Forget this profile and its key"
        ),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]


FORM_AFTER = 0.04
"""Seconds until the form is made: two frames, so that the first one is on the screen by then."""


class _Columns(Horizontal):
    """Profiles at the left, form or result at the right."""

    def compose(self) -> ComposeResult:
        """All of them; what is not wanted now is hidden."""
        profiles = ProfileList(id="profiles", classes="-hidden", markup=False)
        profiles.border_title = Content("Profiles")
        yield profiles
        with VerticalScroll(id="form", can_focus=False) as form:
            form.border_title = Content("Connect to your Immich server")
            yield Sentences(id="welcome")
            yield _field("url", "Address", "photos.example.org")
            yield _field("key", "API key", "from Immich: Account settings, API keys", password=True)
            yield _field("name", "Name to keep it under (optional)", "home")
            yield Sentences(id="keeping")
            yield Sentences(id="status")
            with HorizontalGroup(classes="answers"):
                yield Button("Connect", id="connect-now", variant="primary")
        with Vertical(id="result", classes="-hidden"):
            yield Sentences(id="found")
            with VerticalScroll(id="permissions") as box:
                box.border_title = Content("What this key may do")
                yield Permissions(id="needs")
            with HorizontalGroup(classes="answers"):
                yield Button("Another server", id="another")
                yield Button("Continue", id="continue", variant="primary")


class ConnectScreen(StepScreen):
    """Form and profiles; then what was found, and the way on."""

    STEP = "Connect"
    CSS_PATH = "connect.tcss"
    HINTS: ClassVar[Sequence[Hint]] = (
        Hint(("connect.back",), "back"),
        Hint(("connect.new",), "new"),
        Hint(("connect.delete",), "delete"),
        Hint(("app.history",), "history"),
        Hint(("app.quit",), "quit"),
        HELP,
    )
    BINDING_GROUP_TITLE = "Connect"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "back", "Back", id="connect.back", tooltip="Stop connecting, or change address and key"
        ),
        # With priority: what a password manager types behind it belongs into the next field.
        Binding("tab", "app.focus_next", "Next field", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Field before", show=False, priority=True),
    ]
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._profile: Profile | None = None
        self._built = False

    def body(self) -> ComposeResult:
        """What the first frame shows: the form takes longer to make than everything until then."""
        with Vertical(id="connect"):
            yield Sentences(id="starting")

    def on_mount(self) -> None:
        """Make the rest when this is on the screen."""
        self.query_one("#starting", Sentences).show(("Starting …", "muted"))
        self.set_timer(FORM_AFTER, self._build)

    async def _build(self) -> None:
        """Show the form, read settings and profiles, and connect where address and key are given."""
        connect = self.query_one("#connect")
        with self.app.batch_update():
            await connect.remove_children()
            await connect.mount(_Columns(id="columns"))
            self.query_one("#welcome", Sentences).show((_WELCOME, "muted"))
            self.query_one("#keeping", Sentences).show((_KEEPING, "muted"))
            self._say(("Reading your settings …", "muted"))
        self._built = True
        # What reads them takes as long to import as a frame takes to paint.
        self.call_after_refresh(self._begin)

    @work(group="begin", exclusive=True)
    async def _begin(self) -> None:
        await self.tui.setup.prepare()
        from immich_tui.config.errors import ConfigError  # noqa: PLC0415  (cheap, but its package is not)

        try:
            config = await self.tui.load_config()
        except ConfigError as error:
            self._say((error.sentence, "bad"), (error.next_step, ""), ("Mend it and start again.", ""))
            return
        self._say()
        self._list_profiles()
        self.query_one("#url", Input).value = config.url or ""
        if config.url and config.key:
            self.query_one("#key", Input).value = config.key.reveal()
            self._connect(automatic=True)
        elif config.url:
            self._say((_NO_KEY, ""))
            self.query_one("#key").focus()
        elif config.profiles:
            self.query_one("#profiles").focus()
        else:
            self.query_one("#url").focus()

    def _list_profiles(self) -> None:
        profiles = self.query_one("#profiles", ProfileList)
        profiles.set_options(Option(Content(safe(profile.name))) for profile in self.tui.setup.profiles)
        profiles.set_class(not self.tui.setup.profiles, "-hidden")

    # -- connecting

    @on(Button.Pressed, "#connect-now")
    @on(Input.Submitted)
    def _submitted(self) -> None:
        """Enter in any field connects, once there is an address and a key."""
        for name, missing in (("#url", _NO_ADDRESS), ("#key", _NO_KEY)):
            field = self.query_one(name, Input)
            if not field.value.strip():
                self._say((missing, ""))
                field.focus()
                return
        kept_as = self.query_one("#name", Input)
        if len(kept_as.value.strip()) > LONGEST_NAME:
            # A key that slipped into this field must not stand on the screen, nor in the settings.
            kept_as.clear()
            self._say((_NO_NAME, "bad"))
            kept_as.focus()
            return
        self._connect()

    @work(group="connect", exclusive=True)
    async def _connect(self, *, automatic: bool = False) -> None:
        from immich_tui.tui.trouble import EXPECTED, in_words  # noqa: PLC0415  (pulls in pydantic; not before the first frame)

        if self.tui.working:
            self._refuse()
            return
        typed = self.query_one("#url", Input).value.strip()
        key = self.query_one("#key", Input).value.strip()
        self._busy(True)
        self._say((f"Connecting to {safe(typed)} …", "title"))
        try:
            link = await self._open(typed, key)
            if link is None:
                self._busy(False)
                self._refuse()
                return
            await self._keep(link)
        except EXPECTED as error:
            sentence, next_step = in_words(error)
            self._busy(False)
            self._say((sentence, "bad"), (next_step, ""))
            self.query_one("#key" if isinstance(error, Unauthorized) else "#url").focus()
            return
        self._busy(False)
        self._say()
        self._show_result(link)
        if automatic and _nothing_to_read(link):
            self.tui.go("fetch")

    def _refuse(self) -> None:
        """Say that the connection is in use: a run would lose session and journal in the middle."""
        self._say(
            (f"{self.tui.working} is going on and needs the connection that it has.", "warn"),
            ("Connect when it has ended, or stop it first: c on its screen does.", ""),
        )

    async def _open(self, typed: str, key: str) -> Link | None:
        """Connect, and take the new connection; `None` when something was started in the meantime."""
        from immich_tui.link import connect  # noqa: PLC0415  (pulls in httpx)

        at = self._profile or self.tui.setup.config
        link = await connect(typed, Secret(key), ca_file=at.ca_file, insecure=at.insecure)
        if self.tui.working:
            await link.close()
            return None
        await self.tui.adopt(link)
        return link

    async def _keep(self, link: Link) -> None:
        name = self.query_one("#name", Input).value.strip()
        if name:
            await self.tui.setup.keep(name, link)
            self._list_profiles()

    def _busy(self, busy: bool) -> None:
        self.query_one("#connect-now", Button).disabled = busy
        self.refresh_bindings()

    def _say(self, *paragraphs: tuple[str, str]) -> None:
        self.query_one("#status", Sentences).show(
            *((safe(text), meaning) for text, meaning in paragraphs if text)
        )

    def _show_result(self, link: Link) -> None:
        found = link.capabilities
        who = safe(found.user.name or found.user.email) if found.user else "a user that the key may not read"
        trash = (
            f"Trash is on: trashed photos can be restored for {found.trash_days or 'some'} days."
            if found.features.trash
            else "Trash is off: what is deleted is gone. Runs are refused unless you ask for that."
        )
        warnings = [(f"! {safe(text)}", "warn") for text in (*link.warnings, *found.warnings)]
        if not found.abilities().review:
            warnings.append(
                ("This key cannot list duplicates; without that there is nothing to review.", "bad")
            )
        self.query_one("#found", Sentences).show(
            (f"✓ Immich {found.version} on {safe(link.connection.host)}", "title"),
            (f"  You are {who}.", ""),
            (f"  {trash}", "" if found.features.trash else "warn"),
            *warnings,
        )
        needs = self.query_one("#needs", Permissions)
        needs.show(found.needs)
        lacking = sum(need.have is False for need in found.needs)
        self.query_one("#permissions").border_subtitle = Content(
            f"{lacking} missing"
            if lacking
            else "unknown on this version"
            if found.permissions is None
            else "nothing is missing"
        )
        self.query_one("#continue", Button).disabled = not found.abilities().review
        self._show("#result")
        self.query_one("#continue" if found.abilities().review else "#another").focus()

    def _show(self, part: str) -> None:
        self.query_one("#form").set_class(part != "#form", "-hidden")
        self.query_one("#result").set_class(part != "#result", "-hidden")
        self.set_class(part == "#result", "-result")
        self.query_one("#profiles").set_class(part == "#result" or not self.tui.setup.profiles, "-hidden")
        self.refresh_bindings()

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Back is only there when there is somewhere to go."""
        if action == "back":
            if not self._built:
                return False
            connecting = self.query_one("#connect-now", Button).disabled
            return connecting or self.query_one("#form").has_class("-hidden")
        return True

    @on(Button.Pressed, "#continue")
    def _continue(self) -> None:
        self.tui.go("fetch")

    @on(Button.Pressed, "#another")
    def action_back(self) -> None:
        """Back to the form; a connection attempt is given up."""
        self.workers.cancel_group(self, "connect")
        self._busy(False)
        self._say()
        self._show("#form")
        self.query_one("#url").focus()

    @on(OptionList.OptionSelected, "#profiles")
    @work(group="connect", exclusive=True)
    async def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._profile = profile = self.tui.setup.profiles[event.option_index]
        key = await self.tui.setup.key_of(profile)
        self.query_one("#url", Input).value = profile.url
        self.query_one("#name", Input).value = ""
        self.query_one("#key", Input).value = key.reveal() if key else ""
        if key:
            self._connect()
        else:
            self._say(
                (f"No key is kept for {profile.name}.", "warn"), ("Type it; it is kept from then on.", "")
            )
            self.query_one("#name", Input).value = profile.name
            self.query_one("#key").focus()

    def action_new(self) -> None:
        """An empty form."""
        self._profile = None
        for name in ("#url", "#key", "#name"):
            self.query_one(name, Input).clear()
        self._say()
        self.query_one("#url").focus()

    @work(group="delete", exclusive=True)
    async def action_delete(self) -> None:
        """Forget the highlighted profile and its key, after asking."""
        highlighted = self.query_one("#profiles", ProfileList).highlighted
        if highlighted is None:
            return
        profile = self.tui.setup.profiles[highlighted]
        question = Confirm(
            "Forget this profile?",
            (
                f"{safe(profile.name)} ({safe(profile.url)}) and its key are removed here.",
                "Your decisions stay.",
            ),
            yes="Forget it",
            danger=True,
        )
        if await self.app.push_screen_wait(question):
            await self.tui.setup.forget(profile)
            self._list_profiles()


def _nothing_to_read(link: Link) -> bool:
    """Whether the result would only say that all is well."""
    found = link.capabilities
    return not link.warnings and not found.warnings and all(need.have for need in found.needs)
