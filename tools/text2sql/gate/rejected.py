"""Why a draft does not become a statement."""


class Rejected(Exception):
    """A draft breaks a rule: ``rule`` is a short identifier, ``message`` tells the agent what would do instead."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(rule, message)
        self.rule = rule
        self.message = message
