"""What a release is made of: every supported Python, the oldest dependencies, the container, the papers."""
