"""What a password must be, said in the reader's language."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import ngettext


class LongEnough(MinimumLengthValidator):
    """Django's rule; its own sentence has no Chinese in the release that is used here."""

    def get_error_message(self) -> str:
        return ngettext(
            "The password is too short: it needs %(count)s character.",
            "The password is too short: it needs %(count)s characters.",
            self.min_length,
        ) % {"count": self.min_length}

    def get_help_text(self) -> str:
        return ngettext("At least %(count)s character.", "At least %(count)s characters.", self.min_length) % {
            "count": self.min_length
        }
