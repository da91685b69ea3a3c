"""The nouns of the hub, pure: standard library and phonenumbers only."""
