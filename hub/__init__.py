"""Interaction Hub: one history of every contact with a customer, and one way out to them."""

__version__ = "0.1.0"
