-- The connected role again.
RESET ROLE
