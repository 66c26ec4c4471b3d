"""What the firm's numbers mean: each measure is plain arithmetic with one reader of the mirror beside it."""
