"""The clinic's desk: what its people do, and who of them may."""
