"""WHAT EXISTS: the network model. Standard library only, no I/O. Everybody may import it; it imports nobody."""
