"""The results of the commands as text, for people. Begin reading at `report.py`."""
