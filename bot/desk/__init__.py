"""The clinic's desk: what its people do for patients, and who of them may do what."""
