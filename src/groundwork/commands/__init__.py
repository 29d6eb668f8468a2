"""What is typed in a terminal, a file for each noun; heavy imports wait until they are used."""
