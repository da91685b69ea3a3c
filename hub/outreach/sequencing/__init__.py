"""Sequencing: who enters a sequence, and what each step does when it is due."""
