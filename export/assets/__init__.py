"""What is made from the networks and ships beside them, and what shows how good they are."""
