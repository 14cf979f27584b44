"""What people run: the web app, and the picture handling and serving behind it."""
