"""``manage.py work``: the process that does the long work."""

import logging
import signal

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections

from phones import jobs, worker

log = logging.getLogger("hwcall.jobs")


class Command(BaseCommand):
    help = "Do imports, exports and other long work until told to stop."

    def handle(self, *args: object, **options: object) -> None:
        stopping = jobs.Stop()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        while not stopping.is_set():
            try:
                worker.work(stopping)
            except Error:
                log.exception("the database does not answer; trying again")
                close_old_connections()
                stopping.wait(2)
