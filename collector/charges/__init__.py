"""What lateness costs: credit policy, interest, its sources, and posting it."""
