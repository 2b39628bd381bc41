"""Quizzes: questions with their key, attempts of learners, grading, regrading and statistics."""
