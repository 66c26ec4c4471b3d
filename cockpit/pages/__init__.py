"""What every page shares: the frame around it, the words for money and time, the errors, the health answer."""
