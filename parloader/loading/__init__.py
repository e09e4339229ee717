"""HOW it gets there: generate → write and record → report."""
