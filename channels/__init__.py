"""Channel adapters: each turns one outside world into the hub's own events, and back."""
