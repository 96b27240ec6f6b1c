"""Judged texts on a terminal: matches in colour, reasons, the verdict in a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.items import Flag, Match, MatchField, Reason

STYLES = {
    "return_action": "bold white on red3",
    "protected_person": "bold white on blue3",
    "risk": "black on orange1",
    "legal_principle": "black on plum2",
    "enforcement": "black on khaki1",
    "averted": "black on pale_green1",
    "negative_context": "white on grey42",
    "org": "black on light_sky_blue1",
    "place": "underline",
    "phrase": "italic green",
}
"""Colours by concept; where terms overlap the earlier in this list is shown."""

WORDS = {
    "return_action": "return",
    "protected_person": "protected person",
    "risk": "risk",
    "legal_principle": "law",
    "enforcement": "detention",
    "averted": "averted",
    "negative_context": "another kind of story",
    "org": "organisation",
    "place": "state",
    "phrase": "telling phrase",
}
ORDER = list(STYLES)


def marked(source: str, matches: Iterable[Match], field: MatchField) -> Text:
    """A title or text with its matches in the colours of their concepts."""
    text = Text(source)
    chosen = [match for match in matches if match.field == field]
    # The last style laid over a character wins: the more telling concepts come last.
    for match in sorted(chosen, key=lambda each: -ORDER.index(kind_of(each))):
        text.stylize(STYLES[kind_of(match)], match.start, match.end)
    return text


def legend(matches: Iterable[Match]) -> Text:
    """The colours of the concepts that occur."""
    kinds = {kind_of(match) for match in matches}
    line = Text()
    for kind in (kind for kind in ORDER if kind in kinds):
        line.append(f" {WORDS[kind]} ", STYLES[kind])
        line.append("  ")
    return line


def kind_of(match: Match) -> str:
    """The concept without its detail: "place" of "place:TH"."""
    return match.concept.partition(":")[0]


def verdict_line(flag: Flag) -> Text:
    if not flag.flagged:
        return Text(f"NOT FLAGGED   score {flag.score:.2f}", "bold")
    line = Text(f"FLAGGED   score {flag.score:.2f}   {flag.story_type}   ", "bold red")
    line.append(f"{'/'.join(flag.sending) or '?'} → {'/'.join(flag.receiving) or '?'}")
    return line


def reasons_table(reasons: Sequence[Reason]) -> Table:
    """Reasons with their weights, as they are summed."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for reason in reasons:
        colour = "green" if reason.weight > 0 else "red"
        # Text, not str: brackets of an article are no markup.
        table.add_row(Text(f"{reason.weight:+.2f}", colour), Text(reason.sentence))
    return table


def print_judged(console: Console, title: str, text: str, flag: Flag) -> None:
    """A judged text with its matches marked and its reasons."""
    console.print(legend(flag.matches))
    if title:
        console.print(marked(title, flag.matches, "title"), style="bold")
    console.print(marked(text, flag.matches, "text"))
    console.print(reasons_table(flag.reasons))
