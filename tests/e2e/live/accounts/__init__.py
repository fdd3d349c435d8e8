"""One module for each account: ``build(world)``. What is expected of it stands in the file of the same name."""
