"""Starts everything on one machine and keeps it running. Plain Python: it must speak clearly when nothing else works.

`python -m cockpit.launch` runs the product; `services.throw_away()` gives tests the same PostgreSQL and Valkey.
Lowest first: home (the folder), process (one child), postgres and valkey (the embedded services), services (both),
plan (what runs and with which environment), supervisor (the loop).
"""
