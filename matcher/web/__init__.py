"""The doors: routes, the guard before them, logins, exports, health, and what runs beside the pages."""
