"""The demonstration: invented libraries at work, on real places, from a fixed seed.

``fixtures/demo`` holds the inputs; :func:`outreach.config.demo.load.load` puts everything together.
"""
