"""The parts of `tools.text2sql.templates`: words of a question, numbers and periods in them, literals of a query."""
