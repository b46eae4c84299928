"""What is checked of a draft before the parser sees it: its length, its characters, its nesting, its comments.

The parser takes 9 seconds for a list of 600 kB and recurses once a parenthesis, so these checks come first.
"""

import re
from itertools import pairwise

from sqlglot import tokenize
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from storage.sources.source import Dialect
from tools.text2sql.gate.limits import MAX_CHARS
from tools.text2sql.gate.rejected import Rejected

MAX_DEPTH = 40
ODD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00a0\u00ad\u061c\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3000\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)
EXECUTABLE = re.compile(r"/\*M?!")
EXPLAIN = re.compile(r"\s*(EXPLAIN(?:\s+QUERY\s+PLAN)?)\s+(?=[(\w])", re.IGNORECASE)
STRINGS = {TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING}


def checked(sql: str, dialect: Dialect) -> tuple[str, str]:
    """A leading EXPLAIN (or nothing) and the query after it. Raises Rejected."""
    if len(sql) > MAX_CHARS:
        raise Rejected("length", f"The statement is longer than {MAX_CHARS:,} characters. Shorten it.")
    if _depth(sql) > MAX_DEPTH:
        raise Rejected("depth", f"The statement is nested deeper than {MAX_DEPTH} levels. Use WITH instead.")
    _check_characters(sql, dialect)
    found = EXPLAIN.match(sql)
    return (" ".join(found[1].upper().split()), sql[found.end() :]) if found else ("", sql)


def tokens(sql: str, dialect: Dialect) -> list[Token]:
    """The tokens of a text. Raises Rejected where a quote or a comment does not end."""
    try:
        return tokenize(sql, read=dialect)
    except SqlglotError as error:
        raise Rejected("syntax", "The statement cannot be read: a quote or a comment does not end.") from error


def _depth(sql: str) -> int:
    depth = deepest = 0
    for character in sql:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def check_numbers(sql: str, dialect: Dialect) -> None:
    """Raise Rejected for a number that runs into a name: some engines read 0x1F as one number, the parser as two."""
    found = tokens(sql, dialect)
    for number, name in pairwise(found):
        is_joined = number.token_type is TokenType.NUMBER and name.token_type is TokenType.VAR
        if is_joined and number.end + 1 == name.start:
            raise Rejected("syntax", f"Write {number.text}{name.text[:40]} as a plain number.")


def _check_characters(sql: str, dialect: Dialect) -> None:
    """Odd characters may stand in a string literal only; MySQL runs what a comment with an exclamation mark holds."""
    odd = list(ODD.finditer(sql))
    executable = list(EXECUTABLE.finditer(sql)) if dialect == "mysql" else []
    if not odd and not executable:
        return
    spans = [(token.start, token.end) for token in tokens(sql, dialect) if token.token_type in STRINGS]
    if any(_is_outside(found.start(), spans) for found in odd) or "\0" in sql:
        raise Rejected("characters", "A control character or an unusual space stands outside of a string literal.")
    if any(_is_outside(found.start(), spans) for found in executable):
        raise Rejected("comment", "MySQL executes comments that begin with an exclamation mark. Leave them out.")


def _is_outside(position: int, spans: list[tuple[int, int]]) -> bool:
    return not any(start <= position <= end for start, end in spans)
