"""The demo application's three cache jobs as Oban workers for Python, run once: ``oban_worker.py WORKER``.

Run by a Python of 3.12 or later that has the package ``oban``; finds its database through DATABASE_URL. A real Oban
starts, takes the job out of its queue, runs it and writes down how it ended; then this ends, with exit code 1 where the
job did not complete.
"""

import asyncio
import os
import sys

from oban import Oban, worker

STATEMENTS = {
    "CacheCleanupWorker": ["SELECT cleanup_expired_cache()"],
    "CacheRefreshWorker": ["REFRESH MATERIALIZED VIEW CONCURRENTLY hot_packages"],
    "CachePrewarmWorker": [
        "REFRESH MATERIALIZED VIEW CONCURRENTLY hot_packages",
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


@worker(queue="maintenance", max_attempts=1)
class CacheWorker:
    async def process(self, job):
        # As the application's repository does: each statement is its own transaction.
        async with pool.connection() as connection:
            await connection.set_autocommit(True)
            for statement in STATEMENTS[job.args["job"]]:
                await connection.execute(statement)
            await connection.set_autocommit(False)


async def main(name: str) -> int:
    global pool
    pool = await Oban.create_pool(os.environ["DATABASE_URL"])
    try:
        async with Oban(pool=pool, queues={"maintenance": 1}) as oban:
            job = await oban.enqueue(CacheWorker.new({"job": name}))
            for _ in range(1200):
                found = await oban.get_job(job.id)
                if found.state not in ("available", "scheduled", "executing"):
                    print(f"{name}: {found.state}", *(e.get("error", "") for e in found.errors or []))
                    return 0 if found.state == "completed" else 1
                await asyncio.sleep(0.05)
        return 1
    finally:
        await pool.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
