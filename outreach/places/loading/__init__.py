"""Loading administrative units from outside: read, compare with what is stored, then activate."""
