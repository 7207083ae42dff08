-- The command of a cron entry: exactly one statement, so that the procedure may COMMIT.
CALL {procedure}()
