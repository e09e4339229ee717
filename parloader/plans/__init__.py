"""WHAT is loaded: plans as values. No database driver, no click, no tqdm in here."""
