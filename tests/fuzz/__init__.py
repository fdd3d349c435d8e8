"""Coverage-guided fuzzing with atheris; `make fuzz`. What it finds becomes a row in a table test."""
