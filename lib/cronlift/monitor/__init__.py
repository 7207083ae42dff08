"""Is it still running, is it slower, who tells me? ``watch.monitor`` looks at a server's entries, read-only.

``entries`` and ``history`` (pg_cron's own record) and ``run_log`` (the application's database, managed jobs) say what
is there, ``ticks`` what should be; ``judge`` and ``launcher`` compare the two. ``report``, ``metrics`` and ``plots``
show the result.
"""
