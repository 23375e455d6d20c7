"""What the browser shows: one file a page, nothing but showing and asking. No login: on this machine only."""
