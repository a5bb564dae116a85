"""Scores and decisions for those alone whom new files concern, ahead of the next build of everybody."""
