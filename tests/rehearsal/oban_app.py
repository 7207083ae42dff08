"""An application whose Oban for Python has a crontab of every-minute jobs: ``oban_app.py`` runs until SIGTERM.

Run by a Python of 3.12 or later that has the package ``oban``; finds its database through DATABASE_URL. Its workers
send the statements of jobs.py, each in a transaction of its own as an Elixir repository does, and name the tick that
Oban gave them (``meta.cron_at``) to the append-only log. With ``--moved`` those that are handed over are not in its
crontab any more. With ``--ticks`` the clock stays out of it: each line of standard input is a tick (ISO 8601), for
which Oban's own scheduler inserts what is due.
"""

import asyncio
import os
import signal
import sys
from datetime import datetime

import jobs
from oban import Oban, worker


def worker_of(name: str, statements: list[str]) -> None:
    class Worker:
        async def process(self, job):
            async with pool.connection() as connection:
                await connection.set_autocommit(True)
                await connection.execute("SELECT set_config('ledger.tick', %s, false)", (job.meta["cron_at"],))
                for statement in statements:
                    await connection.execute(statement)
                await connection.execute("RESET ledger.tick")
                await connection.set_autocommit(False)

    Worker.__module__, _, Worker.__qualname__ = name.partition(".")
    worker(queue="default", max_attempts=1, cron=jobs.SCHEDULE)(Worker)


async def run() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Oban(pool=pool, queues={"default": 10}):
        print("running", flush=True)
        await stop.wait()


async def insert_for_ticks() -> None:
    """What the scheduler does in a minute, for the minutes that are asked for."""
    oban = Oban(pool=pool, queues={"default": 1})
    async with pool.connection() as connection:
        await connection.execute("SELECT 1")
    print("running", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        await oban._scheduler._evaluate(datetime.fromisoformat(line.strip()))
        print("done", flush=True)


async def main() -> None:
    global pool
    kept = {} if "--moved" in sys.argv else jobs.WORKERS
    for name, statements in {**kept, **jobs.STAYS}.items():
        worker_of(name, statements)
    pool = await Oban.create_pool(os.environ["DATABASE_URL"])
    try:
        await (insert_for_ticks() if "--ticks" in sys.argv else run())
    finally:
        await pool.close()


if __name__ == "__main__":
    asyncio.run(main())
