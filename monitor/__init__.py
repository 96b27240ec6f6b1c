"""Refoulement Monitor: media monitoring for human-rights analysts."""

__version__ = "0.1.0"
