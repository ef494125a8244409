"""Short dialogues that are not questionnaires, one file each.

Every task has `ask(step)`, which puts the question of the task's present step, and
`reply(step, text, option)`, where `option` is set when a button was pressed or a choice typed.
"""
