"""What a password must be, said in the reader's language."""

from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    NumericPasswordValidator,
    UserAttributeSimilarityValidator,
)
from django.utils.translation import gettext as _
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


class UnlikeTheName(UserAttributeSimilarityValidator):
    """Django's rule; its own sentence does not say what to do."""

    def get_error_message(self) -> str:
        return _("The password is too much like your name or user name. Choose another one.")


class Uncommon(CommonPasswordValidator):
    """Django's rule; its own sentence does not say what to do."""

    def get_error_message(self) -> str:
        return _("Many people use this password, and it is soon guessed. Choose another one.")


class NotDigitsAlone(NumericPasswordValidator):
    """Django's rule; its own sentence does not say what to do."""

    def get_error_message(self) -> str:
        return _("The password has digits alone. Add letters or other signs.")
