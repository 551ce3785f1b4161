"""What glassnet is tested with, for its users to test with."""
