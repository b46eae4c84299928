"""Names and texts as SQL reads them literally, in the engines that keep to the standard."""


def quoted(name: str) -> str:
    """The name, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """The text, whatever is in it, where a backslash is only a backslash."""
    return "'" + str(text).replace("'", "''") + "'"
