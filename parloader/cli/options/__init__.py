"""The options of the commands, and the conversion of their texts to values. Imports nothing large. Begin reading at `plan_options.py`."""
