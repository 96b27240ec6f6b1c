"""The database: its schema (``migrations.py``) and, by default, the file itself."""
