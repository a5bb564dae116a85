"""What a change of the rules would do, before it is live."""
