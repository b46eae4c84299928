"""What a PostgreSQL account could do beyond reading, were it not for the read-only transaction."""

from typing import Any

from psycopg import Cursor

MOST = 20
"""Findings of a kind; more would be the same advice."""

SUPERUSER = "SELECT 'is a superuser' FROM pg_roles WHERE rolname = current_user AND rolsuper"

ROLES = """
SELECT CASE WHEN r.rolname = current_user THEN may.words
       ELSE format('is a member of %s, which %s', r.rolname, may.words) END
FROM pg_roles r, LATERAL (VALUES (r.rolsuper, 'is a superuser'), (r.rolcreaterole, 'may create roles'),
    (r.rolcreatedb, 'may create databases'), (r.rolreplication, 'may replicate'),
    (r.rolbypassrls, 'passes by row policies')) AS may(is_so, words)
WHERE may.is_so AND pg_has_role(current_user, r.oid, 'MEMBER')
UNION ALL
SELECT format('is a member of %s', r.rolname) FROM pg_roles r
WHERE r.rolname ~ '^pg_' AND pg_has_role(current_user, r.oid, 'MEMBER')
AND r.rolname <> ALL ('{pg_read_all_data,pg_read_all_settings,pg_read_all_stats}')
ORDER BY 1"""

RELATIONS = """
SELECT CASE WHEN found.may = 'own' THEN format('owns %s', found.relation)
       ELSE format('may %s %s', found.may, found.relation) END
FROM (
    SELECT may.words AS may, CASE WHEN n.nspname = current_schema() THEN c.relname
           ELSE format('%s.%s', n.nspname, c.relname) END AS relation
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL (VALUES
        (pg_has_role(c.relowner, 'USAGE'), 'own'),
        (has_any_column_privilege(c.oid, 'INSERT'), 'insert into'),
        (has_any_column_privilege(c.oid, 'UPDATE'), 'update'),
        (has_table_privilege(c.oid, 'DELETE'), 'delete from'),
        (has_table_privilege(c.oid, 'TRUNCATE'), 'truncate')) AS may(is_so, words)
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
    AND has_schema_privilege(n.oid, 'USAGE') AND may.is_so
) AS found ORDER BY found.relation, found.may"""

PLACES = """
SELECT format('may create in schema %s', nspname) FROM pg_namespace
WHERE nspname !~ '^pg_' AND has_schema_privilege(oid, 'CREATE')
UNION ALL
SELECT 'may create schemas' WHERE has_database_privilege(current_database(), 'CREATE')
ORDER BY 1"""


def read(cursor: Cursor[tuple[Any, ...]]) -> list[str]:
    """The rights in words, the gravest first; at most ``MOST`` of a kind. A superuser has all of them."""
    if found := _words(cursor, SUPERUSER):
        return found
    return [right for query in (ROLES, PLACES, RELATIONS) for right in _words(cursor, query)]


def _words(cursor: Cursor[tuple[Any, ...]], query: str) -> list[str]:
    return [words for (words,) in cursor.execute(query.encode()).fetchmany(MOST)]
