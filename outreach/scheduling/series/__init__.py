"""Series: stops that come again by a rule, trips made again from templates, and copies."""
