"""The application: the demo's three cache jobs as workers of Oban for Python, in a process that stays up.

Run by a Python of 3.12 or later that has the package ``oban``: ``oban_app.py enqueued`` runs a job whenever its name
comes on standard input and answers with one line of JSON; ``oban_app.py crontab`` runs the cleanup every minute, as
Oban's own crontab does, and writes one line of JSON for each run. DATABASE_URL names the database.
"""

import asyncio
import json
import os
import sys
import time

from oban import Oban, worker

REFRESH = "REFRESH MATERIALIZED VIEW CONCURRENTLY hot_packages"
STATEMENTS = {
    "cleanup": ["SELECT cleanup_expired_cache()"],
    "refresh": [REFRESH],
    "prewarm": [
        REFRESH,
        """\
INSERT INTO package_cache (cache_key, package_data, expires_at)
SELECT
  ecosystem || ':' || package_name || ':' || version,
  to_jsonb(hot_packages.*),
  now() + INTERVAL '24 hours'
FROM hot_packages
ON CONFLICT (cache_key) DO NOTHING
""",
    ],
}


async def carry_out(name: str) -> dict:
    """Send the job's statements as the application's repository does: each is its own transaction."""
    began = time.time()
    clock = time.perf_counter()
    async with pool.connection() as connection:
        await connection.set_autocommit(True)
        for statement in STATEMENTS[name]:
            await connection.execute(statement)
        await connection.set_autocommit(False)
    return {"job": name, "began": began, "sql_ms": (time.perf_counter() - clock) * 1000}


@worker(queue="maintenance", max_attempts=1)
class Enqueued:
    async def process(self, job):
        seen[job.id] = await carry_out(job.args["job"])


if sys.argv[1] == "crontab":

    @worker(queue="maintenance", max_attempts=1, cron="* * * * *")
    class EveryMinute:
        async def process(self, job):
            print(json.dumps({"id": job.id, **await carry_out("cleanup")}), flush=True)


async def enqueued(oban) -> None:
    loop = asyncio.get_running_loop()
    print(json.dumps({"ready": os.getpid()}), flush=True)
    while name := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        job = await oban.enqueue(Enqueued.new({"job": name}))
        while (found := await oban.get_job(job.id)).state in ("available", "scheduled", "executing"):
            await asyncio.sleep(0.01)
        run_ms = (found.completed_at - found.attempted_at).total_seconds() * 1000 if found.completed_at else None
        print(json.dumps({"state": found.state, "run_ms": run_ms, **seen.pop(job.id, {})}), flush=True)


async def crontab(oban) -> None:
    print(json.dumps({"ready": os.getpid()}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def main() -> None:
    global pool, seen
    seen = {}
    pool = await Oban.create_pool(os.environ["DATABASE_URL"])
    async with Oban(pool=pool, queues={"maintenance": 3}) as oban:
        await {"enqueued": enqueued, "crontab": crontab}[sys.argv[1]](oban)
    await pool.close()


if __name__ == "__main__":
    asyncio.run(main())
