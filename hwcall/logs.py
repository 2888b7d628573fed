"""How HwCall logs: one event, one line, whatever a name or an address may hold."""

import json
import logging
import secrets


def incident(log: logging.Logger, message: str, *words: object, exc_info: bool | BaseException = True) -> str:
    """Write down a fault of ours; the number that people are told, under which the log knows it."""
    number = secrets.token_hex(3).upper()
    log.error(message, *words, exc_info=exc_info, extra={"incident": number})
    return number


class OneLine(logging.Formatter):
    """A JSON object a line: line feeds and control characters of users' text stay inside it, escaped."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "at": self.formatTime(record),
            "level": record.levelname,
            "from": record.name,
            "message": record.getMessage(),
        }
        if incident := getattr(record, "incident", None):
            event["incident"] = incident
        if record.exc_info:
            event["trace"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=True)
