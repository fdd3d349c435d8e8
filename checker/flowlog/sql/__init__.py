"""The question as SQL, for logs that outgrow one machine: Athena's dialect (Trino), over the table of its user."""
