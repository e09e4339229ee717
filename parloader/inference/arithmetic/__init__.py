"""Columns tied by equations and inequalities: which are computed, which lie between bounds."""
