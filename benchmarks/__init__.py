"""How quick the product is: each figure beside a floor or a peer measured in the same run.

``make bench`` runs all of them, ``python -m benchmarks pages`` the one of that name. A ratio says
the same on every machine; the milliseconds beside it are this machine's.
"""
