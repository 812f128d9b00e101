"""How much may one visitor of the public pages ask for? Counted by address, in little memory, whatever is tried."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_ADDRESSES = 20_000  # a few megabytes; beyond, the address that was quiet the longest is forgotten
NETWORK_BITS = 64  # of IPv6: one connection has at least so many addresses to itself


class Allowance:
    """A bucket for each address: `burst` at once, then `a_minute`."""

    def __init__(self, burst: int, a_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.burst, self.a_second, self.clock = float(burst), a_minute / 60, clock
        self.left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address: (allowance then, then)

    def take(self, address: str) -> int:
        """Take one; 0 where it was allowed, else the seconds to wait (nothing is taken then)."""
        now = self.clock()
        allowance, then = self.left.pop(address, (self.burst, now))
        allowance = min(self.burst, allowance + (now - then) * self.a_second)
        wait = 0 if allowance >= 1 else math.ceil((1 - allowance) / self.a_second)
        self.left[address] = (allowance if wait else allowance - 1, now)
        while len(self.left) > MOST_ADDRESSES:
            self.left.popitem(last=False)
        return wait

    def give_back(self, address: str) -> None:
        """What was taken counts for nothing."""
        if address in self.left:
            allowance, then = self.left[address]
            self.left[address] = (min(self.burst, allowance + 1), then)


def address_of(scope: dict) -> str:
    """Who asks: the peer, or, where the peer is a proxy on this computer, the last address that the proxy noted.

    Anybody can write the entries before it. uvicorn has put it into the scope already where it is told of; an IPv6 address
    counts as its network.
    """
    peer = _parsed((scope.get("client") or ("", 0))[0])
    if peer is None or peer.is_loopback:
        noted = ",".join(content.decode("latin-1") for name, content in scope["headers"] if name == b"x-forwarded-for")
        peer = _parsed(noted.rpartition(",")[2].strip()) or peer
    if peer is None or peer.is_loopback:
        return "proxy"
    if peer.version == 6:
        return str(ipaddress.ip_network((peer, NETWORK_BITS), strict=False))
    return str(peer)


def _parsed(text: str):
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
