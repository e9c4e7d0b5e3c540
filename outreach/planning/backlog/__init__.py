"""The visits owed: what was called off and is still to be made up for."""
