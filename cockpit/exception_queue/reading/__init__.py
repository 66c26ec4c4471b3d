"""What the exceptions pages show: rows and sentences in a fixed number of queries."""
