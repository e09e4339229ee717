"""A MariaDB or MySQL server of the user's own, which parloader starts if no server is named. Begin with server.py.

binary.py finds an installed server, data_directory.py creates its data, and guard.py, a process of its own, shuts the server down when no
command uses it. Nothing here knows what is loaded.
"""
