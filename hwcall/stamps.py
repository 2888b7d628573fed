"""Two people at one thing: a form carries a digest of what it showed, so that an action sees what changed since."""

import json
from hashlib import sha256
from typing import Any


class Changed(Exception):
    """Somebody has changed it since it was shown; ``standing`` is how it stands now, where one row is meant."""

    def __init__(self, standing: Any = None) -> None:
        super().__init__(standing)
        self.standing = standing


def stamp(*shown: object) -> str:
    """The digest of some values, as a form carries it. No secret: whoever makes one up only fails to be warned."""
    return sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]


def refuse_changed(seen: str | None, *shown: object, standing: object = None) -> None:
    """Compare what somebody has ``seen`` with what would be shown now, both under the action's lock. Raises Changed.

    None is who has no form before them; a form without a stamp, as one of an older release, fits nothing.
    """
    if seen is not None and seen != stamp(*shown):
        raise Changed(standing)
