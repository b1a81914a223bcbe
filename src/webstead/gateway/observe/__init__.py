"""What is known of requests and failures, and who is told: logs, metrics, the 500 page."""
