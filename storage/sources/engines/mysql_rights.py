"""What a MySQL or MariaDB account could do beyond reading."""

import re

from storage.sources.engines.mysql_session import Session

READING = {"USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES"}

GRANT = re.compile(r"GRANT (?P<rights>.+?) ON (?P<place>.+?) TO ")
ROLE = re.compile(r"GRANT (?P<roles>[`'\"].+?) TO ")
COLUMNS = re.compile(r"\([^)]*\)")
PASSED_ON = re.compile(r" WITH .*(?:GRANT|ADMIN) OPTION")
EVERYTHING = ("*.*", "mysql.*")

DEFAULTS = """
SELECT DISTINCT table_name, privileges FROM information_schema.columns
WHERE table_schema = DATABASE() AND privileges REGEXP 'insert|update'"""


def read(session: Session) -> list[str]:
    """The rights in words: what is granted to the account and its roles; else what is granted to the anonymous account,
    and so to everyone (measured with MariaDB 10.11), which the server lists nowhere but with the columns."""
    found = [right for grant in _grants(session) for right in _beyond_reading(grant)]
    if not found:
        found = [f"may {' and '.join(_writing(rights))} {table}" for table, rights in session.rows(DEFAULTS)]
    return list(dict.fromkeys(found))


def _grants(session: Session) -> list[str]:
    """Those of the account, and of each role that it could take on, which this session does."""
    grants = [grant for (grant,) in session.rows("SHOW GRANTS")]
    for roles in [found["roles"] for grant in grants if " ON " not in grant and (found := ROLE.match(grant))]:
        session.rows(f"SET ROLE {roles}")
        grants += [grant for (grant,) in session.rows("SHOW GRANTS")]
    return grants


def _beyond_reading(grant: str) -> list[str]:
    found = GRANT.match(grant)
    if found is None:
        return []
    place = found["place"].replace("`", "").replace("\\", "")
    rights = [right.strip() for right in COLUMNS.sub("", found["rights"]).split(",")]
    beyond = [f"is granted {right} on {place}" for right in rights if right not in READING]
    if "SELECT" in rights and place in EVERYTHING:
        beyond.append(f"is granted SELECT on {place}, where the server keeps its accounts")
    if PASSED_ON.search(grant):
        beyond.append(f"may pass on its rights on {place}")
    return beyond


def _writing(privileges: str) -> list[str]:
    return [right for right in ("insert", "update") if right in privileges.split(",")]
