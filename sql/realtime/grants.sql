-- For the role that runs the job, where somebody else puts the proposal in.
GRANT USAGE ON SCHEMA cronlift_realtime TO {role};
GRANT SELECT, INSERT, DELETE ON cronlift_realtime.mark TO {role}
