"""What is promised of the pages as a browser shows them."""
