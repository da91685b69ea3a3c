"""Real servers for the tests, private to one run: free loopback ports, temporary folders, gone with the run."""
