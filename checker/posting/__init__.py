"""A run told where the change is discussed: one comment on a pull request or merge request, kept up to date.

``place`` says where from the variables of a pipeline, ``api`` makes the calls, ``github`` and ``gitlab`` know the
addresses, ``comment`` keeps one comment per name, ``page`` writes it.
"""
