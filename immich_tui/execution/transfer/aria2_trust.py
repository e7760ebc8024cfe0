"""Whether an aria2 daemon may be given the API key, and whether what it verifies can be believed.

aria2 follows redirects with the key, shows it to whoever may call its RPC, and writes request headers into
its log and its session file. So its settings and the way to it are looked at before it gets anything.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Set
from typing import Any
from urllib.parse import urlsplit

CHATTY = frozenset({"debug", "info"})
"""Levels of its log at which it writes every request, with all headers."""


def may_travel(url: str, allowed_hosts: Set[str]) -> bool:
    """Whether the key may go to this address: loopback, https, or a host that was allowed by name."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme == "https" or is_loopback(host) or host in allowed_hosts


def host_of(url: str) -> str:
    """Host and port as a person would write them; the whole text where it is no address."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or url
    except ValueError:
        return url


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its address or the one name that always means it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def route_objection(rpc_url: str, server_url: str, allowed_hosts: Set[str]) -> str:
    """Why the key must not travel to aria2, or from there to the server; empty when it may."""
    for url, what in ((rpc_url, "aria2"), (server_url, "the server")):
        if not may_travel(url, allowed_hosts):
            host = host_of(url)
            return (
                f"The API key would travel unencrypted to {what} at {host}: use https, or name the host in"
                " allowed_hosts."
            )
    return ""


def daemon_objection(version: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """Why a daemon that is set up like this gets no key; empty when it does."""
    features = version.get("enabledFeatures", [])
    if "Message Digest" not in features:
        return "This aria2 was built without checksums, so nothing that it fetches can be verified."
    if options.get("save-session"):
        return "This aria2 keeps a session file, which would hold the API key; start it without save-session."
    if options.get("log") and options.get("log-level", "debug") in CHATTY:
        return "This aria2 logs request headers, the API key among them: set its log-level to notice."
    if options.get("console-log-level", "notice") in CHATTY:
        return "This aria2 shows the headers of its requests: set its console-log-level to notice."
    return ""
