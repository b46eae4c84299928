"""A module a format. Each turns bytes nobody trusts into a `Content`; they run in a child process only."""
