"""PostgreSQL's own functions by name, and those (its own and of known extensions) that act outside of the database."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

# Functions of the system that do: files, signals to other sessions, the whole server (manual, 9.28).
OUTSIDE = {
    "lo_import", "lo_export", "pg_read_file", "pg_read_binary_file", "pg_file_write", "pg_file_unlink", "pg_ls_dir",
    "pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "pg_rotate_logfile", "pg_promote", "pg_switch_wal",
    "pg_create_restore_point", "pg_create_physical_replication_slot", "pg_create_logical_replication_slot",
    "pg_drop_replication_slot", "pg_logical_emit_message", "pg_stat_reset",
}  # fmt: skip
# By how extensions name theirs: dblink, pgsql-http, pg_net (schema net), aws_s3 and aws_lambda (schemas).
_PREFIXES = ("dblink", "http_")
_SCHEMAS = ("net", "aws_s3", "aws_lambda", "cron")


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """The functions of pg_catalog (PostgreSQL 15 and 17), made by sql/doctor/builtin_functions.sql."""
    text = Path(__file__).with_name("builtin_functions.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def acts_outside(schema: str, name: str) -> bool:
    """Whether a function that was called so acts outside of the database, as far as its name tells."""
    return name in OUTSIDE or name.startswith(_PREFIXES) or schema in _SCHEMAS
