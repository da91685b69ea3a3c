"""Campaigning: promotions from their flight plan to their results."""
