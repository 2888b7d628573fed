"""Backups: the whole room in one file, made while people work, and brought back into an empty place.

A backup is a .zip with the database as one member, the files that it speaks of (archives, results, uploads), and a
manifest that says what there must be. The secret key is not in it: who finds a backup cannot forge a session.
"""
