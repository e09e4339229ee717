"""The session in which exported files are loaded: as parloader's own sessions, with every check on (database/session_settings.py)."""

from parloader.database.session_settings import MODES

SESSION = f"""\
SET NAMES utf8mb4;
SET SESSION sql_mode = '{MODES}';
SET SESSION time_zone = '+00:00', foreign_key_checks = 1, unique_checks = 1;
/*M! SET SESSION check_constraint_checks = 1 */;
"""
