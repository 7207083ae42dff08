"""The effect proof: do the app's statements and the job's procedure leave the same rows?

``savepoints`` proves it in one transaction that is rolled back; ``segments`` and ``clones`` do for procedures that
COMMIT, which no transaction can hold. Everything here writes: the caller has seen the database's disposable mark.
"""
