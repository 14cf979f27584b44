"""The Paint tab: the instant painter."""
