"""The programs that start Satchel: where their configuration is, what stands in it, and editing it with care."""
