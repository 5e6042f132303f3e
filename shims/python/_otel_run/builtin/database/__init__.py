"""Statements that the program sends to databases, one library a file."""
