"""Where a request came from, under the name by which the settings know it."""

from hwcall.addresses import client_address

__all__ = ["client_address"]
