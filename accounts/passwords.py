"""One-time passwords: easy to read aloud and to type, known to nobody after the first login."""

import secrets
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password

# No 0 and o, no 1, i and l: whoever reads it from paper must not have to guess.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS = 3
LETTERS_A_GROUP = 4


def one_time_text() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(LETTERS_A_GROUP)) for _ in range(GROUPS))


@dataclass(frozen=True)
class OneTimePassword:
    """A fresh password with its hash. Made before a transaction begins, since hashing takes its time."""

    text: str = field(default_factory=one_time_text, repr=False)
    encoded: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.encoded:
            object.__setattr__(self, "encoded", make_password(self.text))
