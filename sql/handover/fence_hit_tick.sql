-- What complete and the monitor ask: was there a hit for this tick.
CREATE INDEX IF NOT EXISTS fence_hit_tick ON cronlift.fence_hit (job, coalesce(tick, began));
