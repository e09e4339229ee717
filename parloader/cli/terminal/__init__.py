"""What a person sees: colours, the progress bar, and tables as wide as the terminal. It knows no command and no operation.

Begin reading in `screen.py`.
"""
