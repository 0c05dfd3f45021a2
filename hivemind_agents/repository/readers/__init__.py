"""Parsers of manifests. Each takes text that anybody wrote and returns plain values or None."""
