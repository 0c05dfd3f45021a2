"""How a release runs on a host: its environment, its processes, what a host has to answer.

Pure: the lookups, filters and modules of the roles use it.
"""
