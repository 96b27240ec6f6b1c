"""Flagging: from an article's title and text to a verdict with its reasons."""

from monitor.flagging.rule import LEXICON_VERSION, flag

__all__ = ["LEXICON_VERSION", "flag"]
