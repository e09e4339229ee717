"""What a plan file gives, held against the live schema: names, spelling, types and references."""
