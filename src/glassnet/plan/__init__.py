"""Plans: built, ordered, validated and rendered, without I/O."""
