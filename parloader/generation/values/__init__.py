"""Values of a column: numbers, times, texts, codes and encodings, as Polars expressions of the index."""
