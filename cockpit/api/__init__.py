"""What programs may ask: tokens, and one API that the floors above add their routers to (`API_ROUTERS`)."""
