"""HTML as Markdown-like text: headings, paragraphs, lists, tables row by row, code in fences."""

import re

from tools.attachments.parsers import charset
from tools.attachments.parsers.content import Content
from tools.attachments.parsers.html_page import Page
from tools.attachments.parsers.html_tokens import tokens

DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
DECLARED_WITHIN = 4096


def read(data: bytes) -> Content:
    """The page as text. Never refuses: what is no markup is text."""
    found = DECLARED.search(data[:DECLARED_WITHIN])
    declared = found[1].decode() if found else ""
    text, encoding = charset.decode(data, declared)
    page = Page()
    for token in tokens(text):
        if isinstance(token, str):
            page.text(token)
        elif token.is_end:
            page.end(token)
        else:
            page.start(token)
        if page.is_full:
            break
    return page.content({"encoding": encoding}, *charset.warnings(encoding, declared))
