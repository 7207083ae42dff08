"""Doctor: what is wrong with the entries that are already in ``cron.job``, or about to be (``--migrations``).

pg_cron checks nothing but a schedule's grammar: an entry with a typo, a missing table or a command PostgreSQL
refuses is accepted, and fails at every tick into a table nobody reads. ``diagnose`` looks at every entry as the
session it will run in would: its role, its database, its settings.

``world`` is what was gathered, ``examine`` looks at one entry, ``rules/`` judge, ``report`` says it.
"""
