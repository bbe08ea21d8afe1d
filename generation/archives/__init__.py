"""Archives: many tracks, or all that is kept of a user, as one zip that a worker makes and the bucket delivers."""
