"""Who runs a job, decided by one row: gate, fence and runner in the application's database, and the acts on them."""
