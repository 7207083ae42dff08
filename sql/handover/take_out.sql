-- Rows that the fence turned away into a queue that nobody runs, and that no sweeper has taken out.
DELETE FROM {relation} WHERE queue = 'cronlift_turned_away'
