"""What the terminal shows: tables and bars, in the words of the catalogue."""
