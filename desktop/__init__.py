"""One laptop: a locked file, a window, a printer."""
