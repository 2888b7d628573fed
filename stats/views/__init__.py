"""The pages of looking."""
