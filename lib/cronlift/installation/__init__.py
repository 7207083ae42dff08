"""What install and rollback share: sessions with locks, and what is in the databases already."""
