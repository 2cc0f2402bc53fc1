"""A doctor for data: reads tables line by line, slowly and simply, and says what is wrong."""
