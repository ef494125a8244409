"""Answers handed to research: who is among them, what a row holds, and the files it stands in.

One row an administration, that is a run of one patient through one questionnaire, check-in,
screen or intake. Only patients who agree to research when the export is made; no names, no
addresses, no words of theirs, and unless they are asked for no dates.
"""
