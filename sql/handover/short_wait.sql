-- Whoever waits for this table makes everybody else wait behind: briefly, and then an error.
SET LOCAL lock_timeout = '100ms'
