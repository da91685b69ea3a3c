"""Staff's actions, each a work over one connection: who acts comes as an Actor, and is written down with the act."""
