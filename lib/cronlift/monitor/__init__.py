"""Is it still running, is it slower, who tells me? ``watch.monitor`` looks at a server's entries, read-only.

``entries``, ``history`` (pg_cron's own record) and ``gates`` (the application's databases: managed jobs) say what is
there, ``ticks`` what should be; ``judge``, ``launcher`` and ``sizes`` say what is wrong. ``report``, ``metrics`` and
``plots`` show it.
"""
