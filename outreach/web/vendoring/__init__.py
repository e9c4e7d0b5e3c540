"""Copies of third-party front-end files, kept in the repository and held to a manifest."""
