"""The page of the audit trail: who did what, found again, proven, and taken along as a packet."""
