-- One run by hand.
CALL cronlift.run_now({job}, {tick})
