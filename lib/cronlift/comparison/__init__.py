"""Before and after: how long a job took under the application's scheduler, and how long it takes in the database."""
