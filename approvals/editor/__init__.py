"""The pages on which policies are read, edited, checked and sent to a second person."""
