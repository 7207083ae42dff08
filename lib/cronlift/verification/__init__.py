"""The checks of a verification, one file each, all of one form: from a Context to one Check per job.

catalog      what is installed is what was planned
schedule     pg_cron fires at the application's instants
effects      the job leaves the rows that the application's code leaves (cronlift.proof)
double_run   the application no longer runs it
real_run     pg_cron has run it
"""
