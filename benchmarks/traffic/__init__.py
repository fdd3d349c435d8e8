"""How fast rejected traffic is explained, beside what one would use instead."""
