"""What all errors of the newsroom have in common."""


class NewsroomError(Exception):
    """The newsroom cannot open: one clear line that says why."""
