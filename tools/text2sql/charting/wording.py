"""What the words of a question ask of a chart: a kind by its name, or a purpose that some kinds serve."""

import re
from typing import Literal

ChartKind = Literal["line", "area", "bar", "pie", "scatter", "histogram", "heatmap"]
Purpose = Literal["trend", "share", "comparison", "distribution", "relation"]

DRAWING = r"[ -]?(?:charts?|graphs?|plots?|diagrams?)\b"
AS = r"\b(?:as|in|with|using)(?: an?| the)? "

NAMED: tuple[tuple[ChartKind, str], ...] = (
    ("histogram", r"\bhistograms?\b"),
    ("heatmap", r"\bheat[ -]?maps?\b"),
    ("scatter", rf"\bscatter[ -]?plots?\b|\bscatter(?:ed)?{DRAWING}|{AS}scatter\b"),
    ("pie", rf"\b(?:pie|donut|doughnut){DRAWING}|{AS}(?:pie|donut|doughnut)\b"),
    ("area", rf"\barea{DRAWING}"),
    ("line", rf"\bline{DRAWING}|\bas (?:a )?lines?\b(?! ?items?)"),
    ("bar", rf"\b(?:bar|column){DRAWING}|\bas (?:a )?bars?\b"),
)
"""A kind counts only where a drawing is meant: a bar, a pie and an area are also things that databases hold."""

_SHAPE = r"(?:(?:stacked |grouped )?(?:pie|donut|doughnut|bar|column|line|area|scatter)[ -]?)?"
_DRAWING = rf"(?:an? |the )?(?:{_SHAPE}(?:charts?|graphs?|plots?|diagrams?)|(?:histogram|heat[ -]?map)s?)\b"
_WISHES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:please )?(?:(?:show|draw|make|create|give|plot)(?: me)? )?{_DRAWING} (?:of|for|showing|with):? ",
        r"^(?:please )?(?:plot|draw|graph|chart|visuali[sz]e) (?:me )?(?!of\b)(?=\w+ \w)",
        rf",?(?: and)?(?: (?:shown?|displayed|display|drawn?|plotted|plot|visuali[sz]ed?)(?: it| them)?)?"
        rf"(?:^| )(?:(?:as|in|on|with|using) {_DRAWING}|as (?:an? |the )?(?:bars?|lines?|pie)(?=\W*$))"
        r"(?:,? (?:please|instead))*",
    )
)

REFUSED = re.compile(
    r"\b(?:not?|without|instead of|rather than|never|don't|do not)(?: \w+)? (?:an? |the )?$", re.IGNORECASE
)

PURPOSES: tuple[tuple[Purpose, str], ...] = (
    ("share", r"\b(?:shares?|percent(?:age)?s?|proportions?|breakdown|composition|part of|make ?up)\b|%"),
    ("distribution", r"\b(?:distribut(?:ion|ed)|spread|frequenc(?:y|ies)|histogram)\b"),
    ("relation", r"\b(?:correlat\w+|relation(?:ship)?|depends? on|against|scatter)\b"),
    (
        "trend",
        r"\b(?:trends?|over time|time series|evol(?:ve|ved|ution)|develop(?:ed|ment)|history|growth|"
        r"(?:by|per|each|every) (?:year|quarter|month|week|day|hour)|(?:year|quarter|month|week|dai|hour)ly)\b",
    ),
    ("comparison", r"\b(?:compar(?:e|es|ed|ing|ison)|versus|vs)\b"),
)


def preference(question: str) -> ChartKind | None:
    """The kind of chart that the question names, the first one that it does not refuse; None where it names none."""
    found: list[tuple[int, ChartKind]] = [
        (match.start(), kind)
        for kind, pattern in NAMED
        for match in re.finditer(pattern, question, re.IGNORECASE)
        if not REFUSED.search(question[max(0, match.start() - 40) : match.start()])
    ]
    return min(found)[1] if found else None


def without_wish(question: str) -> str:
    """The question without the words that may only say how to draw its answer; blank where there are no others. A
    database of plots or charts has other uses for them: first see whether the whole question is understood."""
    for wish in _WISHES:
        question = wish.sub("", question)
    return question if re.search(r"\w", question) else ""


def purposes(question: str) -> list[Purpose]:
    """What the question wants to see, the most telling first."""
    return [purpose for purpose, pattern in PURPOSES if re.search(pattern, question, re.IGNORECASE)]
