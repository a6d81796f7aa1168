"""Tokens to text: a case becomes views, features, token streams, a prompt, and a report."""
