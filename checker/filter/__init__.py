"""WHY A PACKET IS ALLOWED OR DENIED: sets of packets, and what rules and entries match. Pure functions on the model."""
