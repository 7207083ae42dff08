-- The procedure with the calls of the bodies that commit, as the gate's rows are.
CALL cronlift.weave()
