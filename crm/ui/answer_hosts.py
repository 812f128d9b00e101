"""Did a request come in through the public host, which shows customers their forms and nothing else?

Decided before anything else sees the request, and whenever in doubt: yes, for then the app itself is out of reach. It did, if

- any Host, X-Forwarded-Host, Forwarded or Origin names the public host, or one of them cannot be read, or there are two Hosts;
- or a proxy has handled it (it says so in one of the headers below) and the host is not one that the owner allowed by name in
  server.allowedHosts besides this computer's own: a proxy that passes on "localhost" would else show the app to the world.
"""

import re
from dataclasses import dataclass

from crm import config

FORWARDING = frozenset((
    b"forwarded", b"via", b"x-real-ip", b"x-client-ip", b"true-client-ip", b"x-cluster-client-ip", b"x-original-host",
    b"x-original-forwarded-for", b"x-envoy-external-address", b"fly-client-ip", b"fastly-client-ip", b"cdn-loop",
    b"x-appengine-user-ip", b"x-azure-clientip"))
FORWARDING_BEGINS = (b"x-forwarded", b"cf-", b"tailscale-", b"x-amz-cf-", b"x-ngrok")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{0,5})?", re.IGNORECASE)
_FORWARDED_HOST = re.compile(r"host\s*=\s*(\"[^\"]*\"|[^;,\s]*)", re.IGNORECASE)


@dataclass(frozen=True)
class PublicHost:
    """name: of the public host, None: nobody is served there, but what a proxy handled is kept from the app all the same
    (CRM_PUBLIC_URL is wrong). allowed: server.allowedHosts."""

    name: str | None
    allowed: tuple[str, ...]

    def reached_by(self, scope: dict) -> bool:
        """Whether this request or websocket came in through it."""
        headers = scope.get("headers") or []
        own = [content for name, content in headers if name == b"host"]
        told = [*own, *_told(headers)]
        hosts = [_name(content.decode("latin-1")) for content in told]
        if len(own) > 1 or None in hosts or (self.name is not None and self.name in hosts):
            return True
        return _was_forwarded(headers) and not (own and self._is_allowed_by_name(hosts[0]))

    def _is_allowed_by_name(self, host: str) -> bool:
        # “*” allows whatever a proxy passes on, which names nobody.
        return not config.is_this_computer(host) and any(
            host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in map(str.lower, self.allowed))


def _told(headers: list[tuple[bytes, bytes]]) -> list[bytes]:
    """Every host that a proxy or a browser names besides Host."""
    found = []
    for name, content in headers:
        if name in (b"x-forwarded-host", b"x-original-host"):
            found += [one.strip() for one in content.split(b",")]
        elif name == b"forwarded":
            found += [one.strip('"').encode("latin-1") for one in _FORWARDED_HOST.findall(content.decode("latin-1"))]
        elif name == b"origin":
            found.append(content.partition(b"://")[2])  # “null” and files name no host
    return [one for one in found if one]


def _was_forwarded(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name in FORWARDING or name.startswith(FORWARDING_BEGINS) for name, _ in headers)


def _name(written: str) -> str | None:
    """Without port and brackets, as config.public_url writes it; None where that cannot be told."""
    found = _HOST.fullmatch(written.strip())
    return None if found is None else config.host_name(found[1])
