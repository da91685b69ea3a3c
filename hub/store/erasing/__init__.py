"""Erasing: everything that names a customer leaves every table; what is counted and what must be proven stays."""
