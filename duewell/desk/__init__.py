"""The desk: answers whatever the pages ask, by handing on to the rooms that know."""
