-- One statement as it is.
{statement}
