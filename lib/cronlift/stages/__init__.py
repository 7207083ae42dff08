"""The five stages: functions from documents (and a database, where the name says so) to one document."""
