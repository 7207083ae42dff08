-- What a job's role needs: to run its jobs through the runner, to sweep, and to keep the records short.
GRANT USAGE ON SCHEMA cronlift TO {role};
GRANT EXECUTE ON ROUTINE
  cronlift.run(text), cronlift.begin(text, bigint, text), cronlift.run_now(text, timestamptz), cronlift.sweep(),
  cronlift.perform(bigint, text, text, text, text), cronlift.claim(text, text, name, timestamptz),
  cronlift.finish(bigint, text, bigint), cronlift.leave_out(bigint, text), cronlift.committing_job(bigint), cronlift.committing(text), cronlift.follow(bigint),
  cronlift.led(bigint), cronlift.turned_away(),
  cronlift.written(), cronlift.beat(), cronlift.bury(), cronlift.claim_due(), cronlift.prune(interval)
TO {role}
