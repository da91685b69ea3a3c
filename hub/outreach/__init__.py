"""The one way out: plan, gates, render, dispatch, reconcile; clockwork ticks."""
