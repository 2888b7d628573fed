"""The load proof: a room full of agents, played by one process against a server and a database of its own making.

``manage.py bench`` makes the place (``place``); in it ``python -m hwcall.bench`` furnishes the room (``room``), starts
the server, lets agents (``agent``) and office (``office``) work, and compares what they saw with the database
(``history``).
"""
