"""The conversation itself, pure: what was said and what fell due become effects.

`step` is the working copy of one patient's conversation; `answering` takes what the patient
sent, `falling_due` what the clock brings, `asking` turns the engine's events into records
and words, `tasks/` are the short dialogues that are not questionnaires.
"""
