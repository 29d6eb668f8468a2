"""Groundwork: read as a book, answered as quizzes, finished with a record."""
