"""The settings: what can be set, and how it is read once, at start."""

from server.config.loading import SettingsError, load
from server.config.settings import Settings

__all__ = ["Settings", "SettingsError", "load"]
