"""The window: actions, menus, settings, languages."""
