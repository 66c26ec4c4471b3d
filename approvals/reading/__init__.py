"""What the pages show: view models read in a fixed number of queries, and pure functions that find the words."""
