"""How the simulated finance system speaks each of the five styles, written from the documents and not from our code."""
