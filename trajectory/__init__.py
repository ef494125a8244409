"""The patient's record: tables and migrations, queries, consent and grants, audit, summaries.

`entry` is append-only; state, trends, summaries and exports are derived from it. Names,
addresses, texts and bodies are sealed with the patient's own key (`trajectory.keys`).
"""
