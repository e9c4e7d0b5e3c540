"""The README's tour, walked in a browser on the demonstration."""
