"""Carries plans out: executor, journal, recovery."""
