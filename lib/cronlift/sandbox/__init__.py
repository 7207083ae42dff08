"""A private PostgreSQL server with pg_cron: no network, no root needed, thrown away at will."""

from cronlift.sandbox.private_server import Sandbox, Status, down, running, status, up

__all__ = ["Sandbox", "Status", "down", "running", "status", "up"]
