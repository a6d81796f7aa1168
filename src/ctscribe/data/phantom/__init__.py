"""Chest CTs with known truth: real anatomy, inserted disease, and reports written from what was inserted."""
