"""Address management: which addresses there are to give, and which comes next. No I/O."""
