"""Scoring's pure part: kinds, rubric, parameters, scorecard, command line."""
