"""JSON-RPC to an aria2 daemon: the one place outside `immich/` that speaks HTTP, and to no Immich server.

Neither the token nor the API key, which both travel in here, ever leaves in an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from immich_tui.execution.transfer.aria2_trust import host_of
from immich_tui.execution.transfer.wanted import Away
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import trusted

TIMEOUT_S = 10.0
CHARACTERS = 200
"""Of an error's text, at most."""


@dataclass(frozen=True, slots=True)
class Call:
    """One method with its parameters, without the token. `method` has no `aria2.` before it."""

    method: str
    params: Sequence[object] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """A call that aria2 refused, with its words."""

    message: str


class Rpc:
    """One daemon. Raises `Away` whenever it cannot be asked, and nothing else."""

    def __init__(self, url: str, secret: Secret, *, hide: Sequence[Secret] = ()) -> None:
        self.url = url
        self._secret = secret
        self._hide = (secret, *hide)
        self._http: httpx.AsyncClient | None = None

    @property
    def host(self) -> str:
        """Host and port as a person would write them."""
        return host_of(self.url)

    async def close(self) -> None:
        """Close the connection."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def ask(self, method: str, *params: object) -> Any | Fault:
        """Call one method."""
        (answer,) = await self.together([Call(method, params)])
        return answer

    async def together(self, calls: Sequence[Call]) -> Sequence[Any | Fault]:
        """Call many methods in one request (`system.multicall`); each has its own answer or fault."""
        if not calls:
            return []
        token = f"token:{self._secret.reveal()}"
        batch = [{"methodName": f"aria2.{call.method}", "params": [token, *call.params]} for call in calls]
        body = {"jsonrpc": "2.0", "id": "immich-tui", "method": "system.multicall", "params": [batch]}
        answers = (await self._post(body)).get("result")
        if not isinstance(answers, list) or len(answers) != len(calls):
            raise Away(f"What answers at {self.host} is no aria2.")
        return [self._one(answer) for answer in answers]

    async def _post(self, body: object) -> Mapping[str, Any]:
        try:
            if self._http is None:
                trust = await trusted(None, insecure=False)
                # No proxy of the environment, no redirect: both would see the key.
                self._http = httpx.AsyncClient(
                    verify=trust, trust_env=False, follow_redirects=False, timeout=TIMEOUT_S
                )
            response = await self._http.post(
                self.url, content=json.dumps(body), headers={"content-type": "application/json"}
            )
            answer = json.loads(response.content)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            reason = "it does not answer" if isinstance(error, httpx.HTTPError) else "this is no aria2"
            raise Away(f"aria2 at {self.host} is away: {reason}.") from None
        if not isinstance(answer, dict):
            raise Away(f"What answers at {self.host} is no aria2.")
        if "error" in answer:
            raise Away(f"aria2 at {self.host} refuses: {self._words(answer['error'])}.")
        return answer

    def _one(self, answer: Any) -> Any | Fault:
        if isinstance(answer, list) and len(answer) == 1:
            return answer[0]
        fault = Fault(self._words(answer))
        if fault.message == "Unauthorized":
            raise Away(f"aria2 at {self.host} does not take the secret.")
        return fault

    def _words(self, error: Any) -> str:
        message = str(error.get("message", "")) if isinstance(error, dict) else "no reason given"
        return self.clean(message)

    def clean(self, text: str) -> str:
        """Words of aria2 without anything secret, on one line."""
        for secret in self._hide:
            text = secret.redact(text)
        return " ".join(text.split())[:CHARACTERS].rstrip(".")
