"""Lists of words, written as one text."""

import re


def words(text: str) -> frozenset[str]:
    """A list of words written as one text."""
    return frozenset(text.split())


DOUBLES = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]|.*(?:(?<!f)fer|mit)")
"""Verbs that double their last letter: "rob", "robbed"; "refer", "referred"."""


def forms(text: str) -> list[str]:
    """Regular verbs in all their forms: "file" gives "file", "files", "filed" and "filing"."""
    return [form for verb in text.split() for form in _forms(verb)]


def _forms(verb: str) -> tuple[str, ...]:
    stem = verb + verb[-1] if DOUBLES.fullmatch(verb) else verb.removesuffix("e")
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb, f"{verb[:-1]}ies", f"{verb[:-1]}ied", f"{verb}ing"
    plural = "es" if verb.endswith(("s", "x", "z", "ch", "sh")) else "s"
    return verb, verb + plural, f"{stem}ed", f"{stem}ing"
