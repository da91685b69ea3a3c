"""Configuration that travels: forms, templates, reminders, ... written as files and applied from them."""

from hub.desk.configuration.applying import Change, Outcome, Report, apply, export, foretell, read, refusal
from hub.desk.configuration.files import Files, paths, read_folder, read_zip, write_folder, write_zip
from hub.desk.configuration.kind import Fault, Kind, Reading
from hub.desk.configuration.starter import furnish, is_furnished, starter_files

__all__ = [
    "Change",
    "Fault",
    "Files",
    "Kind",
    "Outcome",
    "Reading",
    "Report",
    "apply",
    "export",
    "foretell",
    "furnish",
    "is_furnished",
    "paths",
    "read",
    "read_folder",
    "read_zip",
    "refusal",
    "starter_files",
    "write_folder",
    "write_zip",
]
