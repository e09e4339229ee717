"""What happens to a row: its status, the times of its events, and when rows are created."""
