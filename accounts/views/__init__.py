"""The pages of accounts: the door, and the operators."""

from accounts.views.door import locked_out

__all__ = ["locked_out"]
