"""The rules of collecting: values, data, places, and the judgement of one planned contact."""
