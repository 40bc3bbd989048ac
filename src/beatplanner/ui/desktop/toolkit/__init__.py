"""What every part of the window uses: actions, icons, figures as text, and pages of the guide."""
