"""Snapshots of what an installer could touch.

``exact`` holds every row of every system catalog of both databases, object ids included, and pg_cron's entries: what
is the same before and after was not touched at all. ``named`` holds the user's objects by name, for states that have
to be equal although the objects were made anew.
"""

from __future__ import annotations

from contextlib import ExitStack

from databases import AppDatabase

from cronlift.model.plan import Plan
from cronlift.postgres.server import Connection

Rows = dict[str, list[str]]

_STATISTICS = (
    "'{relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid,datfrozenxid,datminmxid}'::text[]"
)
_ENTRIES = (
    "SELECT jobname, schedule, command, database, username, nodename, nodeport, active FROM cron.job ORDER BY 1, 5"
)


def exact(shop: AppDatabase, plan: Plan) -> Rows:
    """Every catalog's rows but statistics, the temporary schemas, and the ids of cron entries."""
    with ExitStack() as stack:
        found: Rows = {}
        for database in dict.fromkeys((plan.target.database, plan.target.cron_database)):
            connection = stack.enter_context(shop.admin(database))
            for name, row in connection.execute(_every_row(connection).encode()):
                found.setdefault(f"{database}.{name}", []).append(str(row))
        cron = stack.enter_context(shop.admin(plan.target.cron_database))
        found["cron.job"] = [str(row) for row in cron.execute(_ENTRIES)]
    return found


def _every_row(connection: Connection) -> str:
    names = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' "
        "AND relname NOT IN ('pg_statistic', 'pg_statistic_ext_data') ORDER BY 1"
    ).fetchall()
    one = (
        "SELECT '{0}', (to_jsonb(t) - {1})::text FROM pg_catalog.{0} AS t "
        "WHERE coalesce(to_jsonb(t) ->> 'nspname', '') !~ '^pg_(toast_)?temp_'"
    )
    return " UNION ALL ".join(one.format(name, _STATISTICS) for (name,) in names) + " ORDER BY 1, 2"


def differences(before: Rows, after: Rows) -> list[str]:
    """Rows of one snapshot that the other does not have."""
    found = []
    for name in sorted({*before, *after}):
        one, other = set(before.get(name, [])), set(after.get(name, []))
        found += [f"- {name}: {row}" for row in sorted(one - other)]
        found += [f"+ {name}: {row}" for row in sorted(other - one)]
    return found


def named(shop: AppDatabase, plan: Plan) -> dict[str, list[tuple]]:
    """Procedures with body, settings, owner, grants and comment; relations; dependencies on roles; cron entries."""
    queries = {
        "procedures": "SELECT n.nspname, proname, prosrc, proconfig, proowner, proacl::text, "
        "obj_description(p.oid, 'pg_proc') FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace "
        "WHERE n.nspname !~ '^(pg_|information_schema)' ORDER BY 1, 2, 3",
        "relations": "SELECT relname, relowner, relacl::text FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
        "rows": "SELECT * FROM cart ORDER BY id",
        "depend": "SELECT classid, deptype, count(*) FROM pg_shdepend WHERE dbid = (SELECT oid FROM pg_database "
        "WHERE datname = current_database()) GROUP BY 1, 2 ORDER BY 1, 2",
    }
    with ExitStack() as stack:
        app = stack.enter_context(shop.admin())
        cron = stack.enter_context(shop.admin(plan.target.cron_database))
        found = {name: app.execute(query).fetchall() for name, query in queries.items()}
        found["entries"] = cron.execute(_ENTRIES).fetchall()
    return found
