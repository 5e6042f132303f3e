"""Requests that the program sends, one library a file."""
